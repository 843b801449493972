"""The words of events: event, owner, parcel, and what a sender is told."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NamedTuple
from zlib import crc32

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
)

SCHEMA: Final = 1
"""The newest parcel schema; consumers read every schema up to theirs."""

BATCH_EVENTS: Final = 500
"""Events in one request."""

BATCH_BYTES: Final = 1024 * 1024
"""Bytes of one request's body."""

PARCEL_EVENTS: Final = 50
"""Events in one parcel."""

PARCEL_BYTES: Final = 200 * 1024
"""Bytes of all events of one parcel, as JSON."""

EVENT_BYTES: Final = 32 * 1024
"""Bytes of one event, as JSON."""

ATTRIBUTES: Final = 64
"""Attributes that a sender may give an event."""

MARKS: Final = 2
"""Attributes that Cairn itself may add to them."""

SOURCE_PARTS: Final = 16
"""Owners that share a source's events, by their ids: of each owner, the last ids are known."""

EXACT: Final = 2**53 - 1
"""The largest whole number that is exact in every JSON."""

TYPE_PATTERN: Final = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"
SESSION_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,128}$"
ATTRIBUTE_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"


class Owner(NamedTuple):
    """Whose event it is: the session's or, without one, its source's. Ids are unique per owner.

    Attributes:
        part: of a source, the part that the event's id falls to; a session is whole.
    """

    kind: Literal["session", "source"]
    id: str
    part: int = 0

    def partition(self, workspace: str) -> str:
        """The partition key under which the owner's items are kept."""
        whole = f"{workspace}#{self.kind}#{self.id}"
        return whole if self.kind == "session" else f"{whole}#{self.part}"


def _written(at: object) -> object:
    """Refuses what pydantic would take for seconds since the epoch: times are RFC 3339."""
    if isinstance(at, str) and at[4:5] == "-":
        return at
    if isinstance(at, datetime):
        return at
    raise ValueError("a time is written as in RFC 3339, such as 2026-11-20T10:00:00Z")


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is outside of the calendar") from error


type EventType = Annotated[str, StringConstraints(pattern=TYPE_PATTERN, max_length=64)]
type SessionId = Annotated[str, StringConstraints(pattern=SESSION_PATTERN)]
type Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128)]
type Source = Annotated[str, StringConstraints(min_length=1, max_length=256)]
type Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
type AttributeName = Annotated[str, StringConstraints(pattern=ATTRIBUTE_PATTERN)]
type Scalar = (
    Annotated[str, StringConstraints(max_length=1_024)]
    | StrictBool
    | Annotated[StrictInt, Field(ge=-EXACT, le=EXACT)]
    | Annotated[StrictFloat, Field(allow_inf_nan=False)]
)
type Attributes = Annotated[dict[AttributeName, Scalar], Field(max_length=ATTRIBUTES + MARKS)]


class Event(BaseModel):
    """One thing that happened.

    Attributes:
        id: unique per workspace and owner; the same id is the same event, whoever sends it again.
        type: a type of the registry, or one under `custom.`.
        at: when it happened, in UTC.
        session_id: the session it belongs to, if any.
        source: who reports it; owns the event where there is no session.
        subject: the person, if known: as the sender calls them, a pseudonym once it is taken.
        attributes: what the type's schema asks for, and anything else that is flat; a whole
            number that is not exact in 53 bits becomes a float.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: Identifier
    type: EventType
    at: Instant
    session_id: SessionId | None = None
    source: Source | None = None
    subject: Identifier | None = None
    attributes: Attributes = {}

    @property
    def owner(self) -> Owner:
        """The session or, without one, a part of the source (empty where neither is known)."""
        if self.session_id is not None:
            return Owner("session", self.session_id)
        return Owner("source", self.source or "", crc32(self.id.encode()) % SOURCE_PARTS)

    def text(self, name: str) -> str | None:
        """An attribute as text (`true`, `false` for booleans), or None where it is absent."""
        value = self.attributes.get(name)
        if value is None:
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)


class Parcel(BaseModel):
    """Up to 50 events of one workspace and one group, on their way to the fold.

    Attributes:
        id: `par_…`, derived from its events: the same events packed again soon have the same id.
        group: the message group, such as `g-0003`; its number is the rollup shard.
        events: in the order in which each owner's events were sent.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA)] = SCHEMA
    id: Annotated[str, StringConstraints(pattern=r"^par_[0-9a-f]{32}$")]
    workspace: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    group: Annotated[str, StringConstraints(pattern=r"^g-[0-9]{4}$")]
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=PARCEL_EVENTS)]

    @property
    def shard(self) -> int:
        """The group's number."""
        return int(self.group.removeprefix("g-"))

    @property
    def owners(self) -> list[Owner]:
        """Whose events it holds, each once, in order."""
        return list(dict.fromkeys(event.owner for event in self.events))

    def to_json(self) -> str:
        """Its JSON in ASCII: SQS refuses some characters of Unicode."""
        return self.model_dump_json(exclude_none=True, ensure_ascii=True)


class Rejection(BaseModel):
    """Why one event of a request was not taken.

    Attributes:
        index: its position in the request.
        code: stable, such as `event.unknown_type`.
        detail: one English sentence.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    index: int
    code: str
    detail: str


class Tracked(BaseModel):
    """The answer to a batch of events.

    Attributes:
        accepted: events that the queue has.
        repeated: events that came more than once within this request; the first one counts.
        rejected: events that will never be taken, and why.
        retryable: positions of the events that the queue did not take: send them again.
        redacted: positions of the events from which something personal was taken out.
        clock_skew_ms: how far the sender's clock is behind ours (negative: ahead), where it said
            when it sent this. More than 2 seconds, up to a day, are added to the times of its
            events.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    accepted: int
    repeated: int
    rejected: tuple[Rejection, ...] = ()
    retryable: tuple[int, ...] = ()
    redacted: tuple[int, ...] = ()
    clock_skew_ms: int | None = None
