"""The port behind which experiments are: what the fold follows beside what it counts itself.

They tell what an event changes in them, and the fold writes it in the event's own transaction. What
is known of a participant is only text to the fold, so that the rules of experiments are loaded with
the first workspace that has one.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

from cairn.events.model import Event, Parcel
from cairn.metrics.model import Counters


class Identity(NamedTuple):
    """A participant: a subject, by pseudonym, or a session."""

    kind: Literal["session", "subject"]
    id: str


class Saved(NamedTuple):
    """What is known of a participant, as it is stored.

    Attributes:
        version: counts its writes.
        body: JSON that only experiments read.
    """

    version: int
    body: str


type Participants = Mapping[Identity, Saved]
"""What is known of participants, of those that are known at all."""

type Values = Callable[[str], str | None]
"""Gives the value of a dimension that an event counts under."""

NO_PARTICIPANTS: Final[Participants] = MappingProxyType({})


class Change(Protocol):
    """What an event would change, beside all that is changed already."""

    @property
    def growth(self) -> int:
        """How many more items are written with it."""
        ...

    @property
    def fits(self) -> bool:
        """Whether they, and those that are written already, can all be written at once."""
        ...

    def make(self) -> None:
        """Makes the change."""
        ...


class Gathering(Protocol):
    """Participants and the arms of experiments while a run of events is folded."""

    def look(self, event: Event, values: Values) -> Change:
        """What an event would change; by then it is known to be counted for the first time."""
        ...

    @property
    def participants(self) -> Participants:
        """The new states of those that changed."""
        ...

    @property
    def arms(self) -> Mapping[str, Counters]:
        """What to add, by experiment."""
        ...


class Following(Protocol):
    """What is followed of a workspace's experiments."""

    def wanted(self, parcel: Parcel) -> Sequence[Identity]:
        """Whose states must be known before a parcel is folded, each once."""
        ...

    def further(self, known: Participants) -> Sequence[Identity]:
        """Who participants turned out to be, where that is not known yet."""
        ...

    def gathering(self, known: Participants) -> Gathering:
        """What takes in a run of events, from what is known of their participants."""
        ...


class _Nothing:
    """Nothing is followed: nobody must be known, and no event changes anything."""

    growth: Final = 0
    fits: Final = True
    participants: Final[Participants] = NO_PARTICIPANTS
    arms: Final[Mapping[str, Counters]] = MappingProxyType({})

    def wanted(self, _parcel: Parcel) -> Sequence[Identity]:
        return ()

    def further(self, _known: Participants) -> Sequence[Identity]:
        return ()

    def gathering(self, _known: Participants) -> Gathering:
        return self

    def look(self, _event: Event, _values: Values) -> Change:
        return self

    def make(self) -> None:
        pass


_NOTHING: Final = _Nothing()

NO_CHANGE: Final[Change] = _NOTHING
NOTHING_FOLLOWED: Final[Following] = _NOTHING
