"""What every desk keeps to: the one in the process, and the one over tables."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cairn.configuration.model import Kind
from cairn.decisions.desk import Commit, Desk, StateQuery
from cairn.decisions.session import Session
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.idempotency import Repeatable
from cairn.platform.observability.correlation import pseudonym
from functions.decide_next_step.settings import Settings
from functions.decide_next_step.wiring import build
from tests.fakes.desk import MemoryDesk
from tests.flows import SNAPSHOT
from tests.functions.cloud import cloud
from tests.functions.deciding import PUBLISHED
from tests.functions.publishing import publish
from tests.parcels import SESSION

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ONCE = Repeatable(key="k" * 64, request="r" * 64)


@pytest.fixture(params=["memory", "tables"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "memory":
        yield MemoryDesk(SNAPSHOT)
        return
    with cloud() as created:
        publish(created, PUBLISHED)
        yield build(Settings.load(created.variables)).desk


def wanted(workspace: str = "demo", repeatable: Repeatable | None = None) -> StateQuery:
    return StateQuery(workspace, SESSION, repeatable, NOW)


def kept(session: Session | None = None, repeatable: Repeatable | None = None) -> Commit:
    begun = Session(workspace="demo", id=SESSION, started_at=NOW, touched_at=NOW)
    return Commit(
        session=session or begun,
        record=None,
        new_subject=False,
        repeatable=repeatable,
        made=SESSION,
        now=NOW,
    )


def opened(desk: Desk) -> Session:
    found = desk.open(wanted()).session
    assert found is not None
    return found


def test_nothing_is_there_at_first_but_the_configuration(desk: Desk) -> None:
    found = desk.open(wanted(repeatable=ONCE))
    assert (found.session, found.recent, found.mark) == (None, (), None)
    assert found.snapshot.find(Kind.FLOW, "onboarding") is not None
    assert desk.last_known("demo").version == found.snapshot.version


def test_what_is_kept_is_found_with_its_next_version(desk: Desk) -> None:
    desk.keep(kept())
    assert opened(desk).version == 1
    desk.keep(kept(opened(desk).model_copy(update={"answers": {"goal": "explore"}})))
    assert (opened(desk).version, opened(desk).answers) == (2, {"goal": "explore"})


def test_a_session_that_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    desk.keep(kept())
    stale = opened(desk)
    desk.keep(kept(stale))
    with pytest.raises(ConditionFailed):
        desk.keep(kept(stale))
    with pytest.raises(ConditionFailed):
        desk.keep(kept())
    assert opened(desk).version == 2


def test_a_mark_is_made_once_and_all_or_nothing_is_kept(desk: Desk) -> None:
    desk.keep(kept(repeatable=ONCE))
    mark = desk.open(wanted(repeatable=ONCE)).mark
    assert mark is not None
    assert (mark.request, mark.made) == (ONCE.request, SESSION)
    with pytest.raises(ConditionFailed):
        desk.keep(kept(opened(desk), repeatable=ONCE))
    assert opened(desk).version == 1


def test_another_workspace_sees_nothing(desk: Desk) -> None:
    desk.keep(kept())
    assert desk.open(wanted(workspace="other")).session is None


def test_an_unknown_decision_is_none(desk: Desk) -> None:
    assert desk.find("demo", "dec_" + "0" * 32, NOW) is None


def test_what_a_subject_was_assigned_is_found_by_the_subject_and_adds_up(desk: Desk) -> None:
    subject = pseudonym("demo", "u-1")
    asked = wanted()._replace(subject=subject)
    assert desk.open(asked).kept == {}
    begun = Session(workspace="demo", id=SESSION, subject_id="u-1", started_at=NOW, touched_at=NOW)
    desk.keep(replace(kept(begun), assigned={"one__0": "a", "two__0": "b"}))
    again = opened(desk)
    desk.keep(replace(kept(again), assigned={"two__0": "c"}))
    assert desk.open(asked).kept == {"one__0": "a", "two__0": "c"}
    assert desk.open(wanted()).kept == {}
    elsewhere = StateQuery("other", None, None, NOW, pseudonym("other", "u-1"))
    assert desk.open(elsewhere).kept == {}
