"""`cairn faults` in small: decisions over HTTP under scripted faults, and how they are judged."""

from dataclasses import replace
from typing import Final

import pytest

from cairn.decisions.finding import ModelTier
from cairn.llm.model import Usage
from infra.faults.expected import CHOICE, LLM, Expected, Providers, expected
from infra.faults.report import report, table
from infra.faults.run import PROVIDERS, TIERS, Played, Run, everything, runs
from infra.faults.validity import is_valid
from infra.inprocess.published import flow_document
from infra.model_server.scenario import SCENARIOS

FLOW: Final = flow_document(["llm"], rules=False)
FIRST: Final = FLOW.steps[0]


def run(tier: ModelTier, scenario: str, providers: Providers) -> Run:
    wanted = expected(tier, scenario, providers)
    assert wanted is not None
    return Run(tier, scenario, providers, wanted)


def played(**more: object) -> Played:
    calm = Played(
        run=Run("llm", "good", 1, Expected("llm", None, 1)),
        source="llm",
        degraded=None,
        attempts=("scripted-1 answered",),
        usage=Usage(uncached=90, output=10),
        told=100,
        cost_usd=0.0,
        took_ms=6.0,
        valid=True,
    )
    return replace(calm, **more)  # type: ignore[arg-type]  # parts of a value


def missed(*some: Played) -> set[str]:
    return {each.name for each in report(some).targets if not each.ok} - {"scenarios"}


QUICK: Final = [
    *(
        (tier, scenario)
        for tier in TIERS
        for scenario in ("good", "auth", "refusal", "foreign_ids")
    ),
    *(("llm", scenario) for scenario in ("unsure", "wrong_tool", "duplicate_keys", "no_choices")),
]


@pytest.mark.parametrize("providers", PROVIDERS)
@pytest.mark.parametrize(("tier", "scenario"), QUICK)
def test_a_decision_under_a_fault_is_made_as_designed(
    tier: ModelTier, scenario: str, providers: Providers
) -> None:
    (each,) = everything([run(tier, scenario, providers)])
    assert (each.source, each.degraded, len(each.attempts)) == (
        each.run.expected.source,
        each.run.expected.degraded,
        each.run.expected.attempts,
    )
    assert missed(each) == set()


def test_every_scenario_has_an_expectation_for_tools() -> None:
    assert {*LLM, "unsure"} == set(SCENARIOS)
    assert set(CHOICE) < set(LLM)


def test_every_scenario_is_played_with_one_provider_and_with_two() -> None:
    every = [(each.scenario, each.providers) for each in runs() if each.tier == "llm"]
    assert sorted(every) == sorted((name, number) for name in SCENARIOS for number in (1, 2))


@pytest.mark.parametrize(
    ("odd", "target"),
    [
        ({"source": "fallback"}, "runs that did not go as designed"),
        ({"degraded": "llm_timeout"}, "runs that did not go as designed"),
        ({"attempts": ("a", "b")}, "runs that did not go as designed"),
        ({"valid": False}, "plans that may not be shown"),
        ({"took_ms": 1_551.0}, "longest answer"),
        ({"told": 101}, "runs whose tokens are not the providers'"),
    ],
)
def test_whatever_goes_wrong_misses_its_target(odd: dict[str, object], target: str) -> None:
    assert missed(played()) == set()
    assert missed(played(), played(**odd)) == {target}


def test_an_estimate_may_be_more_than_what_was_told_and_not_less() -> None:
    assert missed(played(usage=Usage(uncached=101, estimated=True))) == set()
    assert missed(played(usage=Usage(uncached=99, estimated=True))) != set()


def test_people_see_every_run() -> None:
    assert table([played(), played()]).row_count == 2


def shown(**more: object) -> dict[str, object]:
    fields = [{"id": each.id} for each in FIRST.fields]
    ctas = [{"action": each.action} for each in FIRST.ctas]
    return {"step_id": FIRST.id, "fields": fields, "ctas": ctas, **more}


@pytest.mark.parametrize(
    "broken",
    [
        {"step_id": "not_on_offer"},
        {"fields": []},
        {"fields": [{"id": "vat_id"}]},
        {"fields": [{"id": each.id} for each in (*FIRST.fields, *FIRST.fields)]},
        {"fields": None},
        {"ctas": [{"action": "delete_everything"}]},
    ],
)
def test_a_plan_is_invalid_as_soon_as_one_thing_is_foreign_or_missing(
    broken: dict[str, object],
) -> None:
    assert is_valid(shown(), FLOW)  # type: ignore[arg-type]  # JSON
    assert not is_valid(shown(**broken), FLOW)  # type: ignore[arg-type]  # JSON


def test_what_is_no_plan_at_all_is_invalid() -> None:
    assert not is_valid(None, FLOW)
