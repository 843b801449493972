"""Which events of a request are taken: each is looked at alone, and refused with a code.

event.invalid           not of the form of an event, or its attributes miss its type's schema
event.too_large         more than `EVENT_BYTES`
event.no_owner          neither session nor source
event.unknown_type      not in the registry, and not under `custom.`
event.type_reserved     a type that only Cairn and secret keys report
event.session_not_yours a session id that the server did not issue, by a key that may not bring
event.in_future         later than `TOLERATED`
event.too_old           before anything that is still kept

What is taken has the times of our clock (see `cairn.events.skew`), no personal values (see
`cairn.events.redaction`), a pseudonym for its subject, and the trace that it came with. Its id and
owner, by which it is counted once, stay as they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from cairn.events.model import EVENT_BYTES, Event, Owner, Rejection
from cairn.events.raw import Misshapen, RawEvent
from cairn.events.redaction import Changes, without_personal
from cairn.events.refusals import told, too_many_attributes
from cairn.events.registry import CLIENT_AT, TRACE_ID, fault, known, reserved
from cairn.events.size import exceeds
from cairn.events.skew import corrected, correction
from cairn.platform.clock import rfc3339
from cairn.platform.ids import is_secret_id
from cairn.platform.observability.correlation import pseudonym

TOLERATED: Final = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""

OLDEST: Final = timedelta(days=400)
"""Beyond this, even daily rollups are gone."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a batch, and what it may do.

    Attributes:
        brings_sessions: whether session ids of its own making are taken.
        trusted: whether reserved types are taken.
    """

    workspace: str
    brings_sessions: bool
    trusted: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a batch comes in.

    Attributes:
        now: the present; also the time of events that tell none.
        trace_id: of the request.
        skew: our time less the sender's; None where it is not known.
    """

    now: datetime
    trace_id: str
    skew: timedelta | None = None

    def at(self, told: datetime) -> datetime:
        """When something happened, by our clock."""
        return corrected(told, correction(self.skew))


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of the events of a request.

    Attributes:
        events: those that are taken, with their positions in the request, in order.
        repeated: how many came again within the request.
        rejected: those that are refused.
        redacted: positions of those that are taken without something personal.
    """

    events: tuple[tuple[int, Event], ...]
    repeated: int
    rejected: tuple[Rejection, ...]
    redacted: tuple[int, ...]


type _Taken = tuple[int, Event, datetime]
"""Its position, the event as it came, and when it happened by our clock."""


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def admit(batch: Sequence[RawEvent | Misshapen], sender: Sender, arrival: Arrival) -> Admitted:
    """Looks at every event of a request."""
    taken: dict[tuple[Owner, str], _Taken] = {}
    rejected: list[Rejection] = []
    for index, raw in enumerate(batch):
        try:
            event, at = _checked(raw, sender, arrival)
        except _Refused as refused:
            rejected.append(Rejection(index=index, code=refused.code, detail=refused.detail))
        else:
            taken.setdefault((event.owner, event.id), (index, event, at))
    changes = without_personal([event for _, event, _ in taken.values()])
    changed = list(zip(taken.values(), changes, strict=True))
    return Admitted(
        events=tuple(
            (index, _marked(event, at, change, sender.workspace))
            for (index, event, at), change in changed
        ),
        repeated=len(batch) - len(taken) - len(rejected),
        rejected=tuple(rejected),
        redacted=tuple(index for (index, _, _), change in changed if change),
    )


def _checked(raw: RawEvent | Misshapen, sender: Sender, arrival: Arrival) -> tuple[Event, datetime]:
    """An event of which nothing speaks against taking it, and when it happened by our clock."""
    if isinstance(raw, Misshapen):
        raise _Refused("event.invalid", raw.detail)
    try:
        event = Event.model_validate(_completed(raw, arrival))
    except ValidationError as error:
        raise _Refused("event.invalid", told(error)) from error
    _check_type(event, sender)
    _check_owner(event, sender)
    at = arrival.at(event.at) if "at" in raw else arrival.now
    _check_time(at, arrival.now)
    if exceeds(event, EVENT_BYTES):
        raise _Refused("event.too_large", f"An event may have at most {EVENT_BYTES} bytes.")
    return event, at


def _completed(raw: RawEvent, arrival: Arrival) -> Mapping[str, object]:
    """An event with the trace and the time of its arrival, where it tells none itself."""
    attributes = raw.get("attributes")
    if isinstance(attributes, dict):
        attributes = {TRACE_ID: arrival.trace_id, **attributes}
    return {"at": arrival.now, **raw, "attributes": attributes}


def _marked(event: Event, at: datetime, changed: Changes, workspace: str) -> Event:
    """An event as it goes on."""
    if at == event.at and not changed and event.subject is None:
        return event
    told = {**event.attributes, **changed}
    attributes = {name: value for name, value in told.items() if value is not None}
    if at != event.at:
        attributes[CLIENT_AT] = rfc3339(event.at)
    subject = pseudonym(workspace, event.subject) if event.subject else None
    return event.model_copy(update={"at": at, "subject": subject, "attributes": attributes})


def _check_type(event: Event, sender: Sender) -> None:
    if not known(event.type):
        raise _Refused("event.unknown_type", f"The type {event.type} is not declared.")
    if reserved(event.type) and not sender.trusted:
        raise _Refused("event.type_reserved", f"Only Cairn may report {event.type}.")
    brought = len(event.attributes) - 1
    found = too_many_attributes(brought) or fault(event.type, event.attributes)
    if found:
        raise _Refused("event.invalid", found)


def _check_owner(event: Event, sender: Sender) -> None:
    if event.session_id is None:
        if event.source is None:
            raise _Refused("event.no_owner", "An event needs a session_id or a source.")
    elif not sender.brings_sessions and not is_secret_id("ses", event.session_id):
        raise _Refused("event.session_not_yours", "The server did not issue this session id.")


def _check_time(at: datetime, now: datetime) -> None:
    if at > now + TOLERATED:
        raise _Refused("event.in_future", "The event is in the future.")
    if at < now - OLDEST:
        raise _Refused("event.too_old", f"The event is older than {OLDEST.days} days.")
