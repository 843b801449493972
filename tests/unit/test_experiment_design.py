"""How an experiment was meant to split, and what rolling back makes of its rule."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.experiments.design import design_of, weights_of
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.rollback import concluded, switched_back
from cairn.experiments.status import LAST_LOOKS, is_due, status_of
from cairn.flags.check import check_flag
from cairn.flags.compile import compile_flag
from cairn.flags.evaluate import evaluate
from cairn.flags.model import FlagDocument, RuleDocument
from tests.judging import CONTROL, DOCUMENT, EXPERIMENT, FLAG, NOW, OTHER, PURCHASES, STARTED

RULE: Final = {"id": "compare", "experiment": EXPERIMENT, "split": {CONTROL: 0.5, OTHER: 0.5}}
SUBJECTS: Final = [f"u-{number}" for number in range(200)]


def rule(**fields: object) -> RuleDocument:
    return RuleDocument.model_validate({**RULE, **fields})


def flag(**fields: object) -> FlagDocument:
    return FlagDocument.model_validate({**FLAG, "rules": [{**RULE, **fields}]})


def variants(of: FlagDocument, **kept: str) -> dict[str, str]:
    """What subjects are given, who were assigned this before."""
    compiled = compile_flag(of, 1)
    given = {}
    for each in SUBJECTS:
        sticky = {f"targetingKey||{each}": kept} if kept else {}
        given[each] = evaluate(compiled, {"targetingKey": each}, sticky=sticky).variant
    return given


def test_weights_are_those_of_the_split() -> None:
    assert weights_of(rule(split={CONTROL: 0.2, OTHER: 0.8})) == {CONTROL: 0.2, OTHER: 0.8}


def test_lengths_of_ranges_go_before_weights() -> None:
    ranged = rule(ranges={CONTROL: (0, 0.1), OTHER: (0.5, 0.8)})
    assert weights_of(ranged) == pytest.approx({CONTROL: 0.1, OTHER: 0.3})


def test_where_ranges_overlap_the_first_one_has_the_subjects() -> None:
    overlapping = rule(ranges={CONTROL: (0.2, 0.6), OTHER: (0, 1)})
    assert weights_of(overlapping) == pytest.approx({CONTROL: 0.4, OTHER: 0.6})


def test_a_ramp_is_no_other_design_and_another_seed_is() -> None:
    design = design_of(rule(), NOW)
    assert design.same_as(design_of(rule(coverage=0.5), NOW + timedelta(days=1)))
    assert not design.same_as(design_of(rule(seed="other"), NOW))
    assert not design.same_as(design_of(rule(split={CONTROL: 0.4, OTHER: 0.6}), NOW))


def test_a_design_compares_where_the_control_and_something_else_get_subjects() -> None:
    assert design_of(rule(), NOW).compares(CONTROL)
    assert not design_of(rule(), NOW).compares("none")
    assert not design_of(rule(split={CONTROL: 1, OTHER: 0}), NOW).compares(CONTROL)


def test_rolling_back_gives_everybody_the_control() -> None:
    back = switched_back(flag(), EXPERIMENT, CONTROL)
    assert set(variants(flag()).values()) == {CONTROL, OTHER}
    assert set(variants(back).values()) == {CONTROL}


def test_rolling_back_twice_is_rolling_back_once() -> None:
    back = switched_back(flag(sticky=True), EXPERIMENT, CONTROL)
    assert switched_back(back, EXPERIMENT, CONTROL) is back


def test_who_was_assigned_before_does_not_keep_it() -> None:
    sticky = flag(sticky=True)
    kept = {f"{EXPERIMENT}__0": OTHER}
    assert set(variants(sticky, **kept).values()) == {OTHER}
    assert set(variants(switched_back(sticky, EXPERIMENT, CONTROL), **kept).values()) == {CONTROL}


def test_whom_ranges_leave_out_stays_out() -> None:
    other = {"id": "rest", "variation": OTHER}
    ranged = flag(ranges={CONTROL: (0.2, 0.4), OTHER: (0.4, 0.6)})
    ranged = FlagDocument.model_validate({**FLAG, "rules": [ranged.rules[0].model_dump(), other]})
    before, after = variants(ranged), variants(switched_back(ranged, EXPERIMENT, CONTROL))
    moved = {each for each in SUBJECTS if before[each] != after[each]}
    assert set(after.values()) == {CONTROL, OTHER}
    assert all((before[each], after[each]) == (OTHER, CONTROL) for each in moved)
    assert 0 < len(moved) < len(SUBJECTS) / 2


@given(
    coverage=st.floats(0, 1),
    sticky=st.booleans(),
    weight=st.integers(0, 100),
    by=st.sampled_from(["targetingKey", "company"]),
)
def test_what_was_publishable_is_so_afterwards(
    *, coverage: float, sticky: bool, weight: int, by: str
) -> None:
    split = {CONTROL: weight / 100, OTHER: 1 - weight / 100}
    given = flag(coverage=coverage, sticky=sticky, split=split, by=by)
    assert check_flag(given) == []
    assert check_flag(switched_back(given, EXPERIMENT, CONTROL)) == []


def test_a_rule_of_another_experiment_stays_as_it_is() -> None:
    assert switched_back(flag(), "another", CONTROL) == flag()


def test_an_experiment_that_is_concluded_takes_in_nobody_from_then_on() -> None:
    running = ExperimentDocument.model_validate(DOCUMENT)
    over = concluded(running, NOW)
    assert over.ends == NOW
    assert concluded(over, NOW + timedelta(days=1)) is over


def test_an_experiment_goes_from_draft_to_its_end() -> None:
    metrics = {"purchases": MetricDocument.model_validate({**PURCHASES, "window_hours": 48})}
    told = {**DOCUMENT, "guardrails": [], "until": NOW.isoformat()}
    document = ExperimentDocument.model_validate(told)

    def at(moment: datetime) -> tuple[str, bool]:
        return status_of(document, metrics, moment), is_due(document, metrics, moment)

    window = timedelta(hours=48)
    instant = timedelta(microseconds=1)
    assert at(STARTED - instant) == ("draft", False)
    assert at(STARTED) == ("running", True)
    assert at(NOW - instant) == ("running", True)
    assert at(NOW) == ("collecting", True)
    assert at(NOW + window) == ("ended", True)
    assert at(NOW + window + LAST_LOOKS) == ("ended", False)


def test_without_a_beginning_it_is_a_draft() -> None:
    document = ExperimentDocument.model_validate({**DOCUMENT, "started": None})
    assert status_of(document, {}, datetime.max.replace(tzinfo=UTC)) == "draft"
