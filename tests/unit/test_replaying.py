"""Replays: the same again from what was kept, or with something changed; never kept or sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from pydantic import JsonValue

from cairn.configuration.model import Kind, Snapshot
from cairn.decisions.consulted import Published
from cairn.decisions.decide import Made
from cairn.decisions.finding import Finding
from cairn.decisions.limits import FALLBACK_RESERVE_MS
from cairn.decisions.modelled import Order
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.replay import ReplayRequest, ReplayView
from cairn.decisions.replaying import Replays
from cairn.decisions.surfaces.form.model import Shown
from cairn.decisions.surfaces.form.surface import FORM
from cairn.llm.model import FailureCode
from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound, Unprocessable
from tests.fakes.models import ScriptedModels, failed, said, tool
from tests.flows import field, flow, rule, step
from tests.house import ALL, FLOW, LANES, House, likely, published
from tests.words import words

LLM = Order(("rules", "llm"))
OTHER = flow(
    step("one", field("a", required=True)),
    step("two", field("b", required=True)),
    rules=[rule("r", "two", {"answers.a": "x"})],
)


@dataclass
class MemoryArchive:
    """See `Archive`; `other` is version 2 of the flow."""

    now: Snapshot
    other: Snapshot

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:  # noqa: ARG002  # the port's words
        """Nobody asks for it here."""
        return None

    def published(self, workspace: str, kind: Kind, name: str, version: int) -> Published | None:  # noqa: ARG002  # the same
        """Version 2."""
        found = self.other.documents[f"{kind}/{name}"]
        return Published(version=2, digest=found.digest) if version == 2 else None

    def snapshot(self, workspace: str, documents: Mapping[str, Published]) -> Snapshot:
        """By digest."""
        every = [*self.now.documents.values(), *self.other.documents.values()]
        by_digest = {each.digest: each for each in every}
        return Snapshot(
            workspace,
            0,
            {
                name: replace(by_digest[each.digest], version=each.version)
                for name, each in documents.items()
            },
        )


def replayed(
    house: House,
    made: Made,
    order: Order = LLM,
    live: ScriptedModels | None = None,
    **asked: Any,  # noqa: ANN401  # a request
) -> ReplayView[JsonValue]:
    """A replay of what a house decided, as the record comes back from a table."""
    record = Record.model_validate_json(made.record.model_dump_json())
    plans = PlanCache(FORM, Finding[Shown], None, LANES, house.ticks)
    replays = Replays(FORM, words(order), plans, Finding[Shown], live or ScriptedModels())
    archive = MemoryArchive(house.desk.snapshot, published(OTHER, None))
    reported = len(house.desk.reported)
    view = replays.replay(
        archive, record, ReplayRequest(**asked), Deadline.within(5_000, house.ticks)
    )
    assert len(house.desk.reported) == reported
    return view


def test_a_proposal_is_followed_again_without_asking() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide(answers={"mail": "ada@example.com"})
    view = replayed(house, made)
    assert (view.same, view.source, view.plan) == (True, "llm", made.decision.plan)
    assert view.usage.cost_usd == 0
    assert len(house.models.asked) == 1


@pytest.mark.parametrize("code", [FailureCode.TIMEOUT, FailureCode.BUDGET])
def test_what_failed_then_fails_again(code: FailureCode) -> None:
    house = House(LLM)
    house.models.tools = [failed(code)]
    view = replayed(house, house.decide())
    assert (view.same, view.source) == (True, "fallback")
    assert view.degraded is not None
    assert view.degraded.code == code


def test_a_rule_decides_again_and_so_does_the_cache() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = [house.decide(answers={"a": value}) for value in ("ruled", "x", "y")]
    views = [replayed(house, each) for each in made]
    assert [each.source for each in views] == ["rules", "llm", "cache"]
    assert all(each.same for each in views)


def test_a_choice_is_taken_or_not_by_another_threshold() -> None:
    house = House(ALL)
    house.models.choices = [said(likely(three=0.7, two=0.3))]
    made = house.decide()
    assert replayed(house, made, ALL).same
    higher = replayed(house, made, ALL, choice_threshold=0.8)
    assert (higher.source, higher.same, higher.unheard) == ("fallback", False, ("llm",))


def test_rules_with_a_higher_threshold_are_too_unsure() -> None:
    house = House(LLM, models=None)
    made = house.decide(answers={"a": "ruled"})
    view = replayed(house, made, threshold=0.95)
    assert (view.source, view.same) == ("fallback", False)


def test_other_tiers_can_be_tried() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    view = replayed(house, house.decide(), tiers=("rules",))
    assert [each.source for each in view.attempts] == ["cache", "rules", "fallback"]


def test_another_version_of_the_flow_decides_by_its_own_rules() -> None:
    house = House(LLM, models=None)
    made = house.decide(answers={"a": "x"})
    view = replayed(house, made, flow_version=2)
    assert (view.flow_version, view.source) == (2, "rules")
    with pytest.raises(NotFound):
        replayed(house, made, flow_version=3)


def test_another_model_is_asked_now_and_paid() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide()
    live = ScriptedModels(tools=[said(tool("two 0.9"))])
    view = replayed(house, made, live=live, model="house")
    assert (view.plan["step_id"], view.same) == ("two", False)  # type: ignore[index,call-overload]  # a plan is an object
    assert view.usage.cost_usd > 0
    with pytest.raises(NotFound):
        replayed(house, made, live=live, model="unheard-of")


def test_what_was_done_then_is_done_even_if_a_masked_answer_cannot_tell() -> None:
    written = flow(
        step("one", field("sure", "checkbox", required=True, personal=True)), step("two")
    )
    house = House(Order(()), written=written)
    made = house.decide(answers={"sure": False})
    view = replayed(house, made, Order(()))
    assert (made.record.step, view.same) == ("one", True)


def test_a_decision_from_before_there_were_replays_is_refused() -> None:
    house = House(LLM, models=None)
    made = house.decide()
    old = replace(made, record=made.record.model_copy(update={"inputs": None}))
    with pytest.raises(Unprocessable):
        replayed(house, old)


def test_records_hold_no_personal_value() -> None:
    house = House(LLM, written=FLOW)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide(answers={"mail": "ada@example.com"})
    assert "ada@example.com" not in made.record.model_dump_json()


def test_a_tier_that_had_no_time_has_none_again() -> None:
    house = House(LLM)
    made = house.decide(ms=FALLBACK_RESERVE_MS, answers={"a": "ruled"})
    assert (made.decision.source, made.record.attempts[0].outcome) == ("fallback", "out_of_time")
    view = replayed(house, made)
    assert (view.same, view.source) == (True, "fallback")
    assert replayed(house, made, threshold=0.1).source == "rules"
