"""One document is changed while others publish all the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest

from cairn.configuration.editing import Edited, Signature, edited
from cairn.configuration.model import Actor, Document, Kind, Publication, Release, Snapshot
from cairn.configuration.publish import amended
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import NotFound, Unavailable
from cairn.platform.idempotency import Repeatable
from tests.fakes.ticks import Ticks

NOW: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
SIGNATURE: Final = Signature("demo", Actor(via="api", id="key_1"), "create", NOW, "0" * 32)
SECONDS: Final = 10


@dataclass
class Crowd:
    """Releases where so many others are faster, each time with a document of their own."""

    rivals: int
    current: Release = field(default_factory=lambda: Release(workspace="demo", version=0))
    bodies: dict[str, str] = field(default_factory=dict)

    def release(self, workspace: str) -> Release:
        assert workspace == self.current.workspace
        return self.current

    def publish(
        self,
        release: Release,
        bodies: Mapping[str, str],
        publication: Publication,
        repeatable: Repeatable | None = None,
    ) -> None:
        assert (publication.release, repeatable) == (release.version, None)
        if self.rivals:
            self.rivals -= 1
            theirs = amended(self.current, f"flag/rival-{self.rivals}", "{}", NOW)[0]
            self.current = theirs
            raise ConditionFailed("somebody was faster")
        self.bodies.update(bodies)
        self.current = release

    def observe(self, release: Release) -> Snapshot:
        found = {
            name: Document(Kind.FLAG, name.partition("/")[2], entry.version, "{}", entry.digest)
            for name, entry in release.entries.items()
        }
        return Snapshot("demo", release.version, found)


def change(crowd: Crowd, ticks: Ticks) -> Edited:
    backoff = Backoff(Deadline.within(SECONDS * 1_000, ticks), lambda: 0.5, ticks.pass_s)
    return edited(
        crowd,
        crowd.observe,
        SIGNATURE,
        lambda snapshot: f'{{"beside": {len(snapshot.documents)}}}',
        backoff,
        kind=Kind.FLAG,
        identifier="mine",
    )


@pytest.mark.parametrize("rivals", [0, 1, 7, 20])
def test_whoever_meets_others_waits_and_changes_what_they_made(rivals: int) -> None:
    crowd, ticks = Crowd(rivals), Ticks()
    done = change(crowd, ticks)
    assert done.published
    assert done.after.body == f'{{"beside": {rivals}}}'
    assert len(crowd.current.entries) == rivals + 1
    assert (ticks.now_s > Ticks().now_s) is (rivals > 0)


def test_as_long_as_others_never_stop_it_is_tried_until_the_deadline() -> None:
    crowd, ticks = Crowd(10_000), Ticks()
    with pytest.raises(Unavailable) as raised:
        change(crowd, ticks)
    assert (raised.value.code, raised.value.retry_after_s) == ("configuration.contended", 1)
    assert SECONDS - 2 < ticks.now_s - Ticks().now_s < SECONDS
    assert 10_000 - crowd.rivals > 20


def test_what_is_refused_is_not_tried_again() -> None:
    crowd, ticks = Crowd(5), Ticks()

    def refuse(_: Snapshot) -> str:
        raise NotFound("There is none.", code="flag.not_found")

    with pytest.raises(NotFound):
        edited(
            crowd,
            crowd.observe,
            SIGNATURE,
            refuse,
            Backoff(Deadline.within(1_000, ticks), lambda: 0.5, ticks.pass_s),
            kind=Kind.FLAG,
            identifier="mine",
        )
    assert crowd.rivals == 5
