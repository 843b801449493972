"""How events change participants, and participants the arms of experiments.

An event is looked at first: what it would change is known before anything is changed, so that the
fold can tell whether it still fits its transaction.

The arms depend on which events there are and on their times, and not on when, in which order, in
whose company or how often they came. What is stated instead:

* of one stream of one participant, the last `BEFORE` events before the first exposure and the
  first `AFTER` ones from then on count; exactly so, unless an exposure comes later than that many
  events that happened after it;
* a session is the subject that it shows. Where it shows several, the former one goes over to the
  next, unless others went over to it already; which one that is, is settled in the order in which
  a session's events are folded;
* the dimensions of an exposure are those that its session had shown when it was folded;
* an event tells at most `RUNNING` experiments anew, those that end last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cairn.events.model import Event, Parcel
from cairn.experiments.contribution import contribution, difference
from cairn.experiments.exposure import (
    Values,
    concerns,
    exposures_in,
    identities_of,
    moments_in,
)
from cairn.experiments.following import Following
from cairn.experiments.model import RUNNING
from cairn.experiments.participant import (
    NO_COUNTERS,
    NOBODY,
    Counters,
    Identity,
    Participant,
)

HOPS: Final = 3
"""A session is a subject, that subject another one: nobody is further away from who they are."""

EXPERIMENTS: Final = 12
"""Experiments of a participant that are remembered: those that go on, and the newest others."""

WIDTH: Final = 200
"""Counters that an experiment's item is added to in one run, save by a single event."""

HEAVY: Final = 2 * 1024 * 1024
"""Bytes of participants that one run writes, save by a single event: half of what a transaction
takes."""

type Participants = Mapping[Identity, Participant]


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changes.

    Attributes:
        participants: their new states.
        arms: what to add, by experiment.
    """

    participants: Participants
    arms: Mapping[str, Counters]


NO_CHANGE: Final = Change({}, {})


def wanted(parcel: Parcel, following: Following) -> list[Identity]:
    """Whose states must be known before a parcel is folded, each once."""
    events = (each for each in parcel.events if concerns(each, following))
    return list(dict.fromkeys(identity for each in events for identity in identities_of(each)))


def further(known: Participants) -> list[Identity]:
    """Who participants turned out to be, where that is not known yet."""
    named = (each.into for each in known.values())
    return list(dict.fromkeys(each for each in named if each is not None and each not in known))


class Gathering:
    """Participants and arms while a parcel is folded."""

    __slots__ = ("_arms", "_drafts", "_following", "_known", "_sizes")

    def __init__(self, following: Following, known: Participants) -> None:
        self._following = following
        self._known = known
        self._drafts: dict[Identity, Participant] = {}
        self._sizes: dict[Identity, int] = {}
        self._arms: dict[str, dict[str, int]] = {}

    def look(self, event: Event, values: Values) -> Change:
        """What an event would change; by then it is known to be counted for the first time."""
        if not concerns(event, self._following):
            return NO_CHANGE
        looking = _Looking(self._following, self._known, self._drafts)
        looking.take(event, values)
        return looking.change

    def growth(self, change: Change) -> int:
        """How many more items are written with a change."""
        fresh = sum(each not in self._drafts for each in change.participants)
        return fresh + sum(each not in self._arms for each in change.arms)

    def too_wide(self, change: Change) -> bool:
        """Whether an item that is added to already would be added to in too many counters."""
        return any(
            name in self._arms and len(self._arms[name].keys() | counters.keys()) > WIDTH
            for name, counters in change.arms.items()
        )

    def too_heavy(self, change: Change) -> bool:
        """Whether participants that are written already would become too many bytes with others."""
        after = {**self._sizes, **_sizes(change)}
        return bool(self._sizes) and sum(after.values()) > HEAVY

    def take(self, change: Change) -> None:
        """Makes a change."""
        self._drafts.update(change.participants)
        self._sizes.update(_sizes(change))
        for name, counters in change.arms.items():
            arms = self._arms.setdefault(name, {})
            for counter, count in counters.items():
                arms[counter] = arms.get(counter, 0) + count

    @property
    def participants(self) -> Participants:
        """The new states of those that changed."""
        return {
            identity: replace(each, version=self._before(identity).version + 1)
            for identity, each in self._drafts.items()
        }

    @property
    def arms(self) -> Mapping[str, Counters]:
        """What to add, by experiment; nothing is ever added that amounts to nothing."""
        told = {
            name: {counter: count for counter, count in counters.items() if count}
            for name, counters in self._arms.items()
        }
        return {name: counters for name, counters in told.items() if counters}

    def _before(self, identity: Identity) -> Participant:
        return self._known.get(identity, NOBODY)


def _sizes(change: Change) -> dict[Identity, int]:
    return {identity: each.size for identity, each in change.participants.items()}


class _Looking:
    """One event on its way into participants and arms."""

    __slots__ = ("_changed", "_drafts", "_following", "_known")

    def __init__(self, following: Following, known: Participants, drafts: Participants) -> None:
        self._following = following
        self._known = known
        self._drafts = drafts
        self._changed: dict[Identity, Participant] = {}

    def take(self, event: Event, values: Values) -> None:
        """Takes in whom an event is about, what they were served, and what they did."""
        who = self._linked(event)
        if who is None:
            return
        before = self._state(who)
        after = before
        for experiment, variation, exposure in exposures_in(event, self._following, values):
            after = after.exposed(experiment, variation, exposure)
        for stream, moment in moments_in(event, self._following):
            after = after.did(stream, moment)
        if after is not before:
            self._changed[who] = after

    @property
    def change(self) -> Change:
        """All of it, once the arms are told."""
        arms: dict[str, Counters] = {}
        for identity, each in self._changed.items():
            if each.into is None:
                self._changed[identity] = self._told(self._bounded(each), arms)
        return Change(self._changed, arms)

    def _told(self, participant: Participant, arms: dict[str, Counters]) -> Participant:
        """The participant after the arms are told what it amounts to now."""
        told = dict(participant.told)
        for name in self._affected(participant):
            now = contribution(participant, self._following.experiments[name])
            changes = difference(told.get(name, NO_COUNTERS), now)
            told[name] = now
            if changes:
                arms[name] = changes
        return replace(participant, told=told)

    def _bounded(self, participant: Participant) -> Participant:
        """The same without what nothing is made of any more, and without too much of the past."""
        known, streams = participant.exposures, participant.streams
        if len(known) > EXPERIMENTS:
            names = sorted(known, key=self._relevance)[-EXPERIMENTS:]
            known = {name: known[name] for name in names}
            told = {name: each for name, each in participant.told.items() if name in known}
            participant = replace(participant, exposures=known, told=told)
        if streams.keys() <= self._following.names:
            return participant
        kept = {name: each for name, each in streams.items() if name in self._following.names}
        return replace(participant, streams=kept)

    def _relevance(self, experiment: str) -> tuple[int, int]:
        """By which experiments are remembered: those that end later, and begin later."""
        followed = self._following.experiments.get(experiment)
        return (followed.ends_ms, followed.starts_ms) if followed else (0, 0)

    def _affected(self, participant: Participant) -> list[str]:
        """The experiments whose arms are told again: those that end last, as many as go on."""
        followed = [name for name in participant.exposures if name in self._following.experiments]
        return sorted(followed, key=self._relevance)[-RUNNING:]

    def _linked(self, event: Event) -> Identity | None:
        """Whom an event is about in the end; links its session to its subject."""
        identities = {each.kind: each for each in identities_of(event)}
        subject, session = identities.get("subject"), identities.get("session")
        if session is None:
            return None if subject is None else self._root(subject)
        if subject is None:
            return self._root(session)
        person, visit = self._root(subject), self._state(session)
        if visit.into is None:
            self._go_over(session, person)
        elif (former := self._root(visit.into)) != person:
            if self._state(former).linked:
                self._changed[session] = replace(visit, into=person)
            else:
                self._go_over(former, person)
                self._changed[person] = replace(self._state(person), linked=True)
        return person

    def _go_over(self, one: Identity, other: Identity) -> None:
        """All that is known of one belongs to the other from now on."""
        gone = self._state(one)
        if gone.exposures or gone.streams:
            self._changed[other] = self._state(other).with_all_of(gone)
        self._changed[one] = Participant(version=gone.version, into=other)

    def _root(self, identity: Identity) -> Identity:
        for _ in range(HOPS):
            into = self._state(identity).into
            if into is None:
                return identity
            identity = into
        return identity

    def _state(self, identity: Identity) -> Participant:
        found = self._changed.get(identity) or self._drafts.get(identity)
        return found or self._known.get(identity, NOBODY)
