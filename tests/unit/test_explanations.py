"""Explanations: factors from what was kept, a narrative by template."""

from dataclasses import replace
from typing import Any, Final

import pytest

from cairn.behavior.signals import Signals
from cairn.decisions.cascade import Attempt
from cairn.decisions.finding import Degraded, Reason, RuleTrace
from cairn.decisions.model import Decision, Timing
from cairn.decisions.record import Record
from cairn.explanations.consume import RETURNED, Delivered, consume
from cairn.explanations.explain import explained, templated
from cairn.explanations.factors import factors
from cairn.explanations.model import Factor, Narrative, NarrativeOrder
from cairn.platform.errors import StoreUnavailable
from tests.flows import CALM
from tests.parcels import NOW

DECISION_ID: Final = "dec_" + "0" * 32
FOLLOWED: Final = RuleTrace(
    id="good", outcome="followed", leads_to="team", confidence=0.8, held=2, clauses=2,
    reads=("behavior.hesitations", "persona"),
)  # fmt: skip
PERSONA: Final = Reason(code="persona.admin", text="An admin.")
BECAUSE: Final = Reason(code="rule.good", text="Admins invite first.")


def trace(name: str, leads_to: str, **more: Any) -> RuleTrace:  # noqa: ANN401  # fields of the model
    half = {"outcome": "unmet", "confidence": 0.8, "held": 1, "clauses": 2, "unmet": ("subject.a",)}
    return RuleTrace(id=name, leads_to=leads_to, **{**half, **more})


def record(
    *evidence: RuleTrace,
    reasons: tuple[Reason, ...] = (PERSONA, BECAUSE),
    degraded: tuple[Degraded, ...] = (),
    behavior: Signals = CALM,
) -> Record:
    """A decision by rules for the step `team`."""
    answer: Decision[Any] = Decision(
        id=DECISION_ID,
        session_id="ses_1",
        flow="onboarding",
        flow_version=3,
        source="rules",
        plan={},
        confidence=0.8,
        reasons=reasons,
        behavior=behavior,
        degraded=None,
        timing_ms=Timing(total=1, cache=0, rules=1, model=None),
        trace_id="t",
        explanation=None,
    )
    return Record(
        workspace="demo",
        surface="form",
        decided_at=NOW,
        subject=None,
        answer=answer,
        attributes={},
        step="team",
        persona="admin",
        attempts=(Attempt("cache", "miss", 0.1), Attempt("rules", "found", 0.2)),
        evidence=evidence,
        degraded=degraded,
    )


def by_code(decided: Record) -> dict[str, Factor]:
    return {factor.code: factor for factor in factors(decided)}


def test_what_decided_weighs_as_much_as_it_was_sure() -> None:
    found = by_code(record(FOLLOWED))
    assert (found["rule.good"].impact, found["rule.good"].kind) == (0.8, "decided")


def test_a_persona_weighs_half_where_the_rule_reads_it_and_nothing_otherwise() -> None:
    assert by_code(record(FOLLOWED))["persona.admin"].impact == 0.4
    blind = replace(FOLLOWED, reads=())
    assert by_code(record(blind))["persona.admin"].impact == 0.0


def test_behavior_counts_where_it_was_read_and_is_told_where_it_shows() -> None:
    restless = CALM.model_copy(update={"hesitations": 2, "corrections": 1, "engagement": 0.9})
    found = by_code(record(FOLLOWED, behavior=restless))
    assert found["behavior.hesitations"].impact == 0.4
    assert found["behavior.corrections"].impact == 0.0
    assert "behavior.engagement" not in found


def test_other_rules_speak_for_where_they_lead_by_what_held_of_them() -> None:
    found = by_code(
        record(
            FOLLOWED,
            trace("same", "team"),
            trace("other", "plan"),
            trace("nothing", "plan", held=0),
            trace("blocked", "plan", outcome="not_offered", held=2, unmet=()),
            trace("always", "plan", outcome="unsure", held=0, clauses=0, confidence=0.4, unmet=()),
        )
    )
    impacts = {
        name: found[f"rule.{name}"].impact
        for name in ("same", "other", "nothing", "blocked", "always")
    }
    assert impacts == {"same": 0.2, "other": -0.2, "nothing": 0, "blocked": -0.4, "always": -0.2}
    assert "subject.a" in found["rule.other"].text
    assert "could not be shown" in found["rule.blocked"].text


def test_what_was_missing_takes_from_the_certainty() -> None:
    missing = Degraded(code="cache_unavailable", detail="The cache does not answer.")
    assert (
        by_code(record(FOLLOWED, degraded=(missing,)))["degraded.cache_unavailable"].impact == -0.25
    )


def test_the_way_through_the_tiers_is_told() -> None:
    text = by_code(record(FOLLOWED))["source.rules"].text
    assert "cache: miss, rules: found" in text


def test_the_weightiest_factor_stands_first_and_all_are_in_range() -> None:
    found = factors(record(FOLLOWED, trace("other", "plan", confidence=1.0, held=2)))
    impacts = [abs(factor.impact) for factor in found]
    assert impacts == sorted(impacts, reverse=True)
    assert max(impacts) <= 1


def test_the_same_record_has_the_same_explanation() -> None:
    assert explained(record(FOLLOWED), None) == explained(record(FOLLOWED), None)


def test_a_narrative_tells_what_decided_what_helped_and_what_opposed() -> None:
    text = templated(record(FOLLOWED, trace("other", "plan")), NOW).text
    decided, helped, opposed = text.split("\n\n")
    assert decided == (
        "The step team of the flow onboarding was chosen by rules with a confidence of 80%. "
        "Admins invite first."
    )
    assert "An admin." in helped
    assert "The rule other" in opposed


def test_a_narrative_without_opposition_is_short() -> None:
    assert len(templated(record(FOLLOWED), NOW).text.split("\n\n")) == 2


class Desk:
    """Decisions and narratives in the process."""

    def __init__(self) -> None:
        self.narrative: Narrative | None = None
        self.down = False

    def read(self, workspace: str, decision_id: str) -> tuple[Record | None, Narrative | None]:
        """One decision only."""
        if self.down:
            raise StoreUnavailable("Down.")
        known = (workspace, decision_id) == ("demo", DECISION_ID)
        return (record(FOLLOWED), self.narrative) if known else (None, None)

    def keep(self, workspace: str, decision_id: str, narrative: Narrative) -> None:
        """The one narrative."""
        assert (workspace, decision_id) == ("demo", DECISION_ID)
        self.narrative = narrative


def order(decision_id: str = DECISION_ID) -> str:
    return NarrativeOrder(workspace="demo", decision_id=decision_id, trace_id="t").model_dump_json()


@pytest.mark.parametrize(
    ("body", "fate"),
    [
        (order(), "written"),
        (order("dec_gone"), "gone"),
        ("{}", "malformed"),
        ("", "malformed"),
        (order().replace('"schema_version":1', '"schema_version":2'), "malformed"),
    ],
)
def test_an_order_is_carried_out_or_its_fate_is_told(body: str, fate: str) -> None:
    assert consume([Delivered("m", body)], Desk(), lambda: NOW) == {"m": fate}


def test_an_order_that_comes_again_writes_nothing() -> None:
    desk = Desk()
    consume([Delivered("m", order())], desk, lambda: NOW)
    first = desk.narrative
    assert consume([Delivered("m", order())], desk, lambda: NOW) == {"m": "there"}
    assert desk.narrative is first


def test_without_tables_an_order_comes_again() -> None:
    desk = Desk()
    desk.down = True
    (fate,) = consume([Delivered("m", order())], desk, lambda: NOW).values()
    assert fate in RETURNED
