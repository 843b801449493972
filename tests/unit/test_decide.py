"""Deciding over a desk in the process: conflicts, silence, repetition."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from cairn.decisions.asking import Asking
from cairn.decisions.choosing import Chooser
from cairn.decisions.decide import Decide, DecisionResult
from cairn.decisions.finding import Finding
from cairn.decisions.limits import ATTEMPTS
from cairn.decisions.model import DecisionRequest
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.surface import FORM
from cairn.events.model import Owner
from cairn.platform.clock import Deadline
from cairn.platform.errors import Conflict, StoreUnavailable, TooLarge, Unprocessable
from cairn.platform.idempotency import repeatable_of
from cairn.platform.ids import sortable_id
from cairn.platform.lanes import Lanes
from cairn.platform.observability.correlation import pseudonym
from tests.fakes.desk import MemoryDesk
from tests.flows import SNAPSHOT
from tests.parcels import NOW, SESSION

LANES: Final = Lanes(4)


class House:
    """A desk and what decides over it."""

    def __init__(self) -> None:
        self.desk = MemoryDesk(SNAPSHOT)
        plans = PlanCache(FORM, Finding[Shown], None, LANES, lambda: 0.0)
        self.decider: Decide[Flow, Case, Shown] = Decide(Chooser(FORM, plans), self.desk, LANES)
        self.asked = 0

    def decide(  # the parts of a request
        self,
        *,
        session: str | None = None,
        key: str | None = None,
        ms: float = 5_000,
        brings: bool = False,
        **body: Any,  # noqa: ANN401  # a request as someone writes it
    ) -> DecisionResult:
        """Asks for a decision; every request a second after the last."""
        self.asked += 1
        now = NOW + timedelta(seconds=self.asked)
        request = DecisionRequest(flow="onboarding", session_id=session, **body)
        deadline = Deadline.within(ms)
        return self.decider.decide(
            Asking(
                workspace="demo",
                decision_id=sortable_id("dec", now),
                trace_id="a" * 32,
                now=now,
                deadline=deadline,
                started_s=deadline.tick(),
                session=SessionAsked("demo", session, SESSION, brings=brings),
                request=request,
                repeatable=repeatable_of(
                    key, "POST /v1/decisions", request.model_dump_json().encode()
                ),
            )
        )

    def events(self) -> list[str]:
        """The types of what was reported."""
        return [event.type for event in self.desk.reported]


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.desk.gate.set()


@pytest.fixture
def warm(house: House) -> House:
    """A house in which a session has begun."""
    house.decide()
    house.desk.reported.clear()
    house.desk.calls.clear()
    return house


def test_a_warm_decision_opens_once_keeps_once_and_reports_once(warm: House) -> None:
    warm.decide(session=SESSION, answers={"goal": "explore"})
    assert sorted(warm.desk.calls) == ["keep", "open", "report"]


def test_two_tabs_do_not_lose_each_others_answers(warm: House) -> None:
    warm.desk.rivals = 2
    made = warm.decide(session=SESSION, answers={"goal": "explore"})
    assert made.decision.degraded is None
    assert warm.desk.sessions[SESSION].answers == {"goal": "explore"}
    assert warm.desk.sessions[SESSION].decisions == 2
    assert len({event.id for event in warm.desk.reported}) == len(set(warm.events())) == 2


def test_a_session_that_changes_too_fast_is_a_conflict(warm: House) -> None:
    warm.desk.rivals = ATTEMPTS
    with pytest.raises(Conflict) as caught:
        warm.decide(session=SESSION)
    assert (caught.value.code, caught.value.retry_after_s) == ("session.conflict", 1)
    assert warm.desk.calls.count("open") == ATTEMPTS


def test_a_table_that_hangs_does_not_outlast_the_deadline(warm: House) -> None:
    warm.desk.hangs.add("open")
    made = warm.decide(session=SESSION, ms=80, answers={"goal": "explore"})
    assert made.decision.degraded is not None
    assert made.decision.degraded.code == "store_unavailable"
    assert made.decision.plan["step_id"] == "account"  # type: ignore[index,call-overload]  # a plan is an object
    assert made.decision.timing_ms.total < 2_000


def test_a_write_that_hangs_is_not_called_kept(warm: House) -> None:
    warm.desk.hangs.add("keep")
    made = warm.decide(session=SESSION, ms=80)
    assert made.decision.explanation is None
    assert made.decision.session_id == SESSION
    assert [each.code for each in made.record.degraded] == ["store_unavailable"]


def test_a_queue_that_hangs_is_reported_late(warm: House) -> None:
    warm.desk.hangs.add("report")
    made = warm.decide(session=SESSION, ms=80)
    assert (made.reported, made.decision.degraded) == ("late", None)


def test_what_becomes_of_a_report_is_told(warm: House) -> None:
    assert warm.decide(session=SESSION).reported == "sent"
    warm.desk.refused = 1
    assert warm.decide(session=SESSION).reported == "outbox"
    warm.desk.down.add("report")
    assert warm.decide(session=SESSION).reported == "lost"


def test_without_tables_and_configuration_nothing_can_be_decided(house: House) -> None:
    house.desk.down |= {"open", "last_known"}
    with pytest.raises(StoreUnavailable):
        house.decide()


def test_without_tables_a_new_session_is_not_promised(house: House) -> None:
    house.desk.down.add("open")
    made = house.decide(answers={"goal": "explore"})
    assert (made.decision.session_id, made.decision.explanation) == (None, None)
    assert house.events() == ["decision.made", "error.raised", "request.completed"]
    assert {event.session_id for event in house.desk.reported} == {None}
    (source,) = {event.source for event in house.desk.reported}
    assert source == f"decide-next-step/{made.decision.id[-2:]}"


def test_without_tables_a_session_is_not_reported_as_started(house: House) -> None:
    house.desk.down.add("open")
    house.decide(session=SESSION, events=[{"id": "e", "type": "page.viewed"}])
    assert house.events() == [
        "page.viewed",
        "decision.made",
        "error.raised",
        "request.completed",
    ]


def test_all_that_a_request_reports_can_be_found_by_its_trace(house: House) -> None:
    subject = {"id": "u-7"}
    made = house.decide(events=[{"id": "e-1", "type": "page.viewed"}], subject=subject)
    reported = house.desk.reported
    assert house.events() == [
        "session.started",
        "page.viewed",
        "decision.made",
        "request.completed",
    ]
    assert {event.attributes["trace_id"] for event in reported} == {made.decision.trace_id}
    assert {event.owner for event in reported} == {Owner("session", made.decision.session_id or "")}
    known = [event.subject for event in reported if event.type != "page.viewed"]
    assert set(known) == {pseudonym("demo", "u-7")}


def test_a_new_session_that_is_not_kept_is_not_reported(house: House) -> None:
    house.desk.down.add("keep")
    house.decide()
    assert house.events() == ["decision.made", "error.raised", "request.completed"]


def test_a_repeated_request_gets_the_first_decision_and_reports_nothing(house: House) -> None:
    first = house.decide(key="k")
    again = house.decide(key="k")
    assert again.decision.id == first.decision.id
    assert again.reported is None
    assert house.events() == ["session.started", "decision.made", "request.completed"]


def test_a_request_that_loses_the_race_for_its_key_gets_the_winners_decision(house: House) -> None:
    first = house.decide(key="k")
    marks, house.desk.marks = house.desk.marks, {}
    keep = house.desk.keep

    def late_keep(kept: Any) -> None:  # noqa: ANN401  # handed on as it is
        house.desk.marks = marks
        keep(kept)

    house.desk.keep = late_keep  # type: ignore[method-assign]  # the rival wins between read and write
    assert house.decide(key="k").decision.id == first.decision.id
    assert house.events() == ["session.started", "decision.made", "request.completed"]


def test_another_request_with_the_same_key_is_refused(house: House) -> None:
    house.decide(key="k")
    with pytest.raises(Unprocessable) as caught:
        house.decide(key="k", answers={"goal": "explore"})
    assert caught.value.code == "idempotency.mismatch"


def test_what_a_table_cannot_take_is_told(warm: House) -> None:
    def full(kept: object) -> None:  # noqa: ARG001  # the port's words
        raise TooLarge("The session holds too many answers.", code="session.too_large")

    warm.desk.keep = full  # type: ignore[method-assign]  # a fault on demand
    with pytest.raises(TooLarge):
        warm.decide(session=SESSION)


def test_a_session_that_would_hold_too_much_is_refused_before_anything_is_told(
    warm: House,
) -> None:
    trait = {f"t{number}": ["x" * 4_000] * 2 for number in range(50)}
    with pytest.raises(TooLarge):
        warm.decide(session=SESSION, subject={"id": "u", "traits": trait})
    assert warm.desk.reported == []


def test_decided_events_come_once_however_often_they_are_sent(warm: House) -> None:
    warm.desk.rivals = 1
    warm.decide(session=SESSION, events=[{"id": "e-1", "type": "page.viewed"}])
    assert len({(event.owner, event.id) for event in warm.desk.reported}) == 3
