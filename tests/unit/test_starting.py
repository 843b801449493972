"""Starting a session without deciding: once, even when it is asked for twice at once."""

from collections.abc import Callable

import pytest

from cairn.decisions.desk import Commit
from cairn.decisions.model import SessionRequest, Subject
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.starting import Started, Starting, start
from cairn.platform.errors import Conflict, NotFound, StoreUnavailable
from cairn.platform.idempotency import repeatable_of
from cairn.platform.observability.correlation import pseudonym
from tests.fakes.desk import MemoryDesk
from tests.flows import SNAPSHOT
from tests.parcels import NOW, SESSION


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk(SNAPSHOT)


def begun(
    desk: MemoryDesk,
    request: SessionRequest | None = None,
    *,
    fresh: str = SESSION,
    key: str | None = None,
    brings: bool = False,
) -> Started:
    body = request or SessionRequest()
    asked = SessionAsked("demo", body.session_id, fresh, brings=brings)
    repeatable = repeatable_of(key, "POST", body.model_dump_json().encode())
    return start(desk, Starting(NOW, asked, body, "a" * 32, lambda: 1.5, repeatable))


def overtaken(desk: MemoryDesk, by: Callable[[], object]) -> None:
    """Lets somebody else write between the next read and its write."""
    keep = desk.keep

    def late(kept: Commit) -> None:
        desk.keep = keep  # type: ignore[method-assign]  # the rival writes once
        by()
        keep(kept)

    desk.keep = late  # type: ignore[method-assign]  # the same


def test_a_session_is_kept_and_reported(desk: MemoryDesk) -> None:
    subject = Subject(id="u-42", traits={"plan": "trial"})
    started = begun(desk, SessionRequest(flow="onboarding", subject=subject))
    assert started.reported == "sent"
    kept = desk.sessions[SESSION]
    assert (kept.flow, kept.subject_id, kept.traits) == ("onboarding", "u-42", {"plan": "trial"})
    begun_, answered = desk.reported
    assert (begun_.type, answered.type) == ("session.started", "request.completed")
    assert begun_.subject == answered.subject == pseudonym("demo", "u-42")
    assert answered.attributes == {
        "operation": "POST /v1/sessions",
        "status": 201,
        "latency_ms": 1.5,
        "flow": "onboarding",
        "trace_id": "a" * 32,
    }


def test_a_report_that_is_lost_does_not_undo_the_session(desk: MemoryDesk) -> None:
    desk.down.add("report")
    assert begun(desk).reported == "lost"
    assert SESSION in desk.sessions


def test_a_report_that_the_queue_refuses_waits(desk: MemoryDesk) -> None:
    desk.refused = 1
    assert begun(desk).reported == "outbox"


def test_the_same_key_gets_the_same_session(desk: MemoryDesk) -> None:
    begun(desk, key="k")
    again = begun(desk, key="k", fresh="ses_" + "b" * 32)
    assert (again.session.id, again.reported) == (SESSION, None)


def test_who_loses_the_race_for_a_key_gets_the_winners_session(desk: MemoryDesk) -> None:
    winner = "ses_" + "c" * 32
    overtaken(desk, lambda: begun(desk, key="k", fresh=winner))
    assert begun(desk, key="k").session.id == winner
    assert len(desk.sessions) == 1


def test_who_loses_the_race_for_an_id_is_told(desk: MemoryDesk) -> None:
    mine = SessionRequest(session_id="mine")
    overtaken(desk, lambda: begun(desk, mine, brings=True))
    with pytest.raises(Conflict) as caught:
        begun(desk, mine, brings=True)
    assert caught.value.code == "session.taken"


def test_a_session_of_a_used_key_that_is_over_is_not_found(desk: MemoryDesk) -> None:
    begun(desk, key="k")
    desk.sessions.clear()
    with pytest.raises(NotFound):
        begun(desk, key="k")


def test_without_tables_no_session_is_promised(desk: MemoryDesk) -> None:
    desk.down.add("open")
    with pytest.raises(StoreUnavailable):
        begun(desk)
