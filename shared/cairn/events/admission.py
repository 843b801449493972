"""Which events of a request are taken: each is looked at alone, and refused with a code.

event.invalid           not of the form of an event, or its attributes miss its type's schema
event.too_large         more than `EVENT_BYTES`
event.no_owner          neither session nor source
event.unknown_type      not in the registry, and not under `custom.`
event.type_reserved     a type that only Cairn and secret keys report
event.session_not_yours a session id that the server did not issue, by a key that may not bring
event.in_future         later than `TOLERATED`
event.too_old           before anything that is still kept
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from cairn.events.formats import RawEvent
from cairn.events.model import EVENT_BYTES, Event, Owner, Rejection
from cairn.events.registry import fault, known, reserved

TOLERATED: Final = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""

OLDEST: Final = timedelta(days=400)
"""Beyond this, even daily rollups are gone."""

_ISSUED: Final = re.compile(r"ses_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Sender:
    """What whoever sends a batch may do.

    Attributes:
        brings_sessions: whether session ids of its own making are taken.
        trusted: whether reserved types are taken.
    """

    brings_sessions: bool
    trusted: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of the events of a request.

    Attributes:
        events: those that are taken, with their positions in the request, in order.
        repeated: how many came again within the request.
        rejected: those that are refused.
    """

    events: tuple[tuple[int, Event], ...]
    repeated: int
    rejected: tuple[Rejection, ...]


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def admit(batch: Sequence[RawEvent | None], sender: Sender, now: datetime) -> Admitted:
    """Looks at every event of a request.

    Args:
        batch: the events as they came; None stands for what is no event at all.
        sender: what the sender may do.
        now: the present; also the time of events that tell none.
    """
    taken: dict[tuple[Owner, str], tuple[int, Event]] = {}
    rejected: list[Rejection] = []
    for index, raw in enumerate(batch):
        try:
            event = _event(raw, sender, now)
        except _Refused as refused:
            rejected.append(Rejection(index=index, code=refused.code, detail=refused.detail))
        else:
            taken.setdefault((event.owner, event.id), (index, event))
    repeated = len(batch) - len(taken) - len(rejected)
    return Admitted(tuple(taken.values()), repeated, tuple(rejected))


def _event(raw: RawEvent | None, sender: Sender, now: datetime) -> Event:
    if raw is None:
        raise _Refused("event.invalid", "It is not an event of this form.")
    try:
        event = Event.model_validate(raw if "at" in raw else {**raw, "at": now})
    except ValidationError as error:
        raise _Refused("event.invalid", _told(error)) from error
    _check_type(event, sender)
    _check_owner(event, sender)
    _check_time(event, now)
    if len(event.model_dump_json(ensure_ascii=True)) > EVENT_BYTES:
        raise _Refused("event.too_large", f"An event may have at most {EVENT_BYTES} bytes.")
    return event


def _check_type(event: Event, sender: Sender) -> None:
    if not known(event.type):
        raise _Refused("event.unknown_type", f"The type {event.type} is not declared.")
    if reserved(event.type) and not sender.trusted:
        raise _Refused("event.type_reserved", f"Only Cairn reports {event.type}.")
    if found := fault(event.type, event.attributes):
        raise _Refused("event.invalid", found)


def _check_owner(event: Event, sender: Sender) -> None:
    if event.session_id is None:
        if event.source is None:
            raise _Refused("event.no_owner", "An event needs a session_id or a source.")
    elif not sender.brings_sessions and not _ISSUED.fullmatch(event.session_id):
        raise _Refused("event.session_not_yours", "The server did not issue this session id.")


def _check_time(event: Event, now: datetime) -> None:
    if event.at > now + TOLERATED:
        raise _Refused("event.in_future", "The event lies in the future.")
    if event.at < now - OLDEST:
        raise _Refused("event.too_old", f"The event is older than {OLDEST.days} days.")


def _told(error: ValidationError) -> str:
    """What is wrong with an event, without repeating what is in it."""
    found, *_ = error.errors(include_url=False, include_context=False, include_input=False)
    name, *inner = found["loc"]
    if name == "attributes" and len(inner) > 1:
        return f"attributes/{inner[0]}: It must be a short text, a finite number or a boolean."
    return f"{name}: {found['msg']}"
