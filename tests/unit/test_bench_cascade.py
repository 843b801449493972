"""How `cairn bench cascade` judges, and how its thousand contexts differ; little is measured."""

from cairn.decisions.finding import Source
from infra.bench.cascade import tiers
from infra.bench.cascade.contexts import CONTEXTS, Pass, choices_of, visit_of
from infra.bench.cascade.overhead import Cost, Pair
from infra.bench.cascade.report import report
from infra.inprocess.published import flow_document

SOURCES: tuple[Source, ...] = ("cache", "rules", "choice", "llm", "fallback")


def missed(
    *, rules: float = 0.8, ours: float = 3.5, hits: int = 95, asked: int = 0
) -> dict[str, bool]:
    by_tier = [dict.fromkeys(SOURCES, 0.5) | {"rules": rules}]
    pairs = [Pair(Cost(ours, 4.4), Cost(3.0, 4.0))]
    first = Pass({"llm": 100}, 0, 100, {})
    second = Pass({"cache": hits, "llm": 100 - hits}, asked, 100 - hits, {"L2": hits})
    found = report(by_tier, pairs, [first, second])
    assert found.details["model_call"]["wall_ratio"] == 1.1  # type: ignore[index]  # JSON
    return {each.name: each.ok for each in found.targets if not each.ok}


def test_all_targets_can_be_met() -> None:
    assert missed() == {}


def test_each_target_is_missed_by_its_own_value() -> None:
    assert [*missed(rules=1.1)] == ["a decision by rules"]
    assert [*missed(ours=4.1)] == ["ours around a model call"]
    assert [*missed(hits=89)] == ["hits, second pass"]
    assert [*missed(asked=1)] == ["model calls of cached decisions"]


def test_every_tier_decides_once_in_each_round() -> None:
    (taken,) = tiers.measure(1)
    assert set(taken) == set(SOURCES)
    assert all(each > 0 for each in taken.values())


def test_no_two_of_the_contexts_are_the_same() -> None:
    choices = choices_of(flow_document(["llm"], rules=False))
    visits = [visit_of(number, choices) for number in range(CONTEXTS)]
    assert len({(tuple(each.answers), len(each.events)) for each in visits}) == CONTEXTS
