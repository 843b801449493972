"""What functions report of themselves: requests that they answered, and what broke meanwhile.

Own events travel with what a request sends anyway, so they are owned by whom it was about: in the
session's message group, behind its other events, and without a message of their own. Their ids
are derived from what they are about, so that a report which is sent again counts once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from cairn.events.model import PARCEL_EVENTS, Event, Owner, Scalar
from cairn.events.pack import period_of, shard_of
from cairn.events.registry import ERROR_RAISED, REQUEST_COMPLETED, TRACE_ID
from cairn.platform.ids import derived_id, sorted_at

TRACK_EVENT: Final = "track-event"

DECIDE: Final = "POST /v1/decisions"
START: Final = "POST /v1/sessions"
TRACK: Final = "POST /v1/events"
EXPLAIN: Final = "POST /v1/decisions/{id}/explanation"

OPERATIONS: Final = frozenset(
    {
        DECIDE,
        "GET /v1/decisions/{id}",
        "POST /v1/decisions/{id}/replay",
        "GET /v1/decisions/{id}/explanation",
        EXPLAIN,
        "POST /v1/experiments/{id}/analysis",
        START,
        "GET /v1/sessions/{id}",
        TRACK,
    }
)
"""The routes of functions that report what they answered; they are always counted apart."""


class Served(NamedTuple):
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


class About(NamedTuple):
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
        REQUEST_COMPLETED,
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
        ERROR_RAISED,
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
    period = period_of(now)
    identities = [
        text for owner, each in zip(owners, events, strict=True) for text in (*owner[:2], each.id)
    ]
    about = About(
        source=TRACK_EVENT if host.kind == "session" else host.id,
        made=derived_id("bat", period, workspace, *identities),
        at=now,
        session_id=host.id if host.kind == "session" else None,
    )
    own = request_completed(served, about)
    while own.owner != host:  # an id that falls to the host's part is one of some
        about = about._replace(made=derived_id("bat", period, about.made))
        own = request_completed(served, about)
    return own


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
