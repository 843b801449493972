"""What functions report of themselves: requests that they answered, and what broke meanwhile.

Own events travel with what a request sends anyway, so they are owned by whom it was about: in the
session's message group, behind its other events, and without a message of their own. Their ids
are derived from what they are about, so that a report which is sent again counts once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cairn.events.model import PARCEL_EVENTS, Event, Owner, Scalar
from cairn.events.pack import period_of, shard_of
from cairn.events.registry import TRACE_ID
from cairn.platform.ids import derived_id, sorted_at

TRACK_EVENT: Final = "track-event"


@dataclass(frozen=True, slots=True)
class Served:
    """A request that was answered.

    Attributes:
        operation: its route.
        status: of the answer.
        latency_ms: from its arrival until it was reported.
        trace_id: of its trace.
        flow: that it was about, if known.
        code: of what went wrong, if anything did.
    """

    operation: str
    status: int
    latency_ms: float
    trace_id: str
    flow: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What an own event is about.

    Attributes:
        source: the function that reports it.
        made: the sortable id of what the request made; those of its events are derived from it.
        session_id: whose it is; None where the source owns it.
        subject: a pseudonym.
    """

    source: str
    made: str
    at: datetime
    session_id: str | None
    subject: str | None = None


def request_completed(served: Served, about: About) -> Event:
    """The event of a request that was answered."""
    return _own(
        "request.completed",
        about,
        {
            "operation": served.operation,
            "status": served.status,
            "latency_ms": round(served.latency_ms, 3),
            **_known(code=served.code, flow=served.flow),
            TRACE_ID: served.trace_id,
        },
    )


def error_raised(code: str, served: Served, about: About) -> Event:
    """The event of something that broke while a request was answered."""
    return _own(
        "error.raised",
        about,
        {
            "code": code,
            "operation": served.operation,
            **_known(flow=served.flow),
            TRACE_ID: served.trace_id,
        },
        code,
    )


def batch_completed(
    workspace: str, events: Sequence[Event], served: Served, now: datetime, shards: int
) -> Event:
    """The event of a batch that was taken.

    It goes along with the events of a session that has room in its last parcel, if there is one.
    The same batch, sent again within a while, is the same request, as its parcels are the same.
    """
    owners = [each.owner for each in events]
    host = _host(workspace, owners, shards)
    identities = [
        part for owner, each in zip(owners, events, strict=True) for part in (*owner, each.id)
    ]
    about = About(
        source=TRACK_EVENT if host.kind == "session" else host.id,
        made=derived_id("bat", period_of(now), workspace, *identities),
        at=now,
        session_id=host.id if host.kind == "session" else None,
    )
    return request_completed(served, about)


def _host(workspace: str, owners: Sequence[Owner], shards: int) -> Owner:
    """Whose the event of a batch is: sessions first, and those whose parcel is not full."""
    owned = Counter(owners)
    shard = {owner: shard_of(workspace, owner, shards) for owner in owned}
    load = Counter[int]()
    for owner, count in owned.items():
        load[shard[owner]] += count

    def rank(owner: Owner) -> tuple[bool, bool]:
        return owner.kind == "session", load[shard[owner]] % PARCEL_EVENTS != 0

    return max(owned, key=rank)


def _own(event_type: str, about: About, attributes: Mapping[str, Scalar], *which: str) -> Event:
    return Event(
        id=derived_id("evt", sorted_at(about.made), about.made, event_type, *which),
        type=event_type,
        at=about.at,
        session_id=about.session_id,
        source=about.source,
        subject=about.subject,
        attributes=dict(attributes),
    )


def _known(**attributes: str | None) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}
