"""What a session of the data set did, as events with a derived order and clock.

The file says how many pages of each kind a session saw and how long all of a kind took, not when
or in which order. So each session sees its kinds one after the other, every page of a kind for
the same time, and then buys or leaves. Sessions begin in the file's order, evenly spread, so that
the first event is 24 hours before the end of the clock and no event is after it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

from infra.replay.shoppers import Shopper

SPAN: Final = timedelta(hours=24)

type Event = dict[str, object]
"""One event as JSON; plain, because there are 440,000 of them."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The derived clock of a replay.

    Attributes:
        ends: the latest instant that an event may have.
        sessions: how many sessions share the span.
        span: from the first session's beginning to `ends`.
    """

    ends: datetime
    sessions: int
    span: timedelta = SPAN

    def start_of(self, shopper: Shopper) -> datetime:
        """When a session begins: early enough to end in time."""
        lasting = min(timedelta(milliseconds=shopper.duration_ms), self.span)
        share = shopper.row / max(1, self.sessions - 1)
        return self.ends - self.span + (self.span - lasting) * share


def events(run: str, shoppers: Sequence[Shopper], ends: datetime) -> Iterator[Event]:
    """Every event of a replay, session by session.

    Args:
        run: names this replay; its sessions and events are its own.
        shoppers: the sessions.
        ends: the end of the clock.
    """
    clock = Clock(ends, len(shoppers))
    for each in shoppers:
        yield from session_events(run, each, clock.start_of(each))


def session_events(run: str, shopper: Shopper, start: datetime) -> Iterator[Event]:
    """One session's events in order: its page views, then a purchase or its end."""
    session_id = session_of(run, shopper.row)
    for index, moment in enumerate(_moments(shopper, start)):
        yield {
            "id": f"evt_{run}-{shopper.row}-{index}",
            "type": moment.type,
            "at": moment.at.isoformat(timespec="milliseconds"),
            "session_id": session_id,
            "attributes": moment.attributes,
        }


def session_of(run: str, row: int) -> str:
    """A session's id: the same for the same run and row, and like no other."""
    return f"ses_{blake2b(f'{run}/{row}'.encode(), digest_size=16).hexdigest()}"


type Facts = Mapping[str, str | int]


class _Moment(NamedTuple):
    type: str
    at: datetime
    attributes: Facts


def _moments(shopper: Shopper, start: datetime) -> Iterator[_Moment]:
    at = start
    for viewed in shopper.viewed:
        each_ms = viewed.duration_ms // max(1, viewed.pages)
        facts: Facts = {"kind": viewed.kind, "duration_ms": each_ms, **shopper.dimensions}
        for _ in range(viewed.pages):
            yield _Moment("page.viewed", at, facts)
            at += timedelta(milliseconds=each_ms)
    if shopper.purchased:
        yield _Moment("conversion.completed", at, {"name": "purchase", **shopper.dimensions})
    else:
        yield _Moment("session.ended", at, shopper.dimensions)
