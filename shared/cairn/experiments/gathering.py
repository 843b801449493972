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
from cairn.experiments.exposure import concerns, exposures_in, identities_of, moments_in
from cairn.experiments.following import Following
from cairn.experiments.model import RUNNING
from cairn.experiments.participant import NO_COUNTERS, NOBODY, Counters, Participant
from cairn.experiments.saved import into_of, participant_of, saved
from cairn.metrics.following import NO_CHANGE, Change, Identity, Participants, Values

HOPS: Final = 3
"""A session is a subject, that subject another one: nobody is further away from who they are."""

EXPERIMENTS: Final = 12
"""Experiments of a participant that are remembered: those that go on, and the newest others."""

WIDTH: Final = 200
"""Counters that an experiment's item is added to in one run, save by a single event."""

HEAVY: Final = 2 * 1024 * 1024
"""Bytes of participants that one run writes, save by a single event: half of what a transaction
takes."""

type States = Mapping[Identity, Participant]
type Arms = Mapping[str, Counters]
"""By experiment."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Experiments behind the port of the fold."""

    following: Following

    def wanted(self, parcel: Parcel) -> list[Identity]:
        """See `Following.wanted` of the port."""
        events = (each for each in parcel.events if concerns(each, self.following))
        return list(dict.fromkeys(identity for each in events for identity in identities_of(each)))

    def further(self, known: Participants) -> list[Identity]:
        """See `Following.further` of the port."""
        named = map(into_of, known.values())
        return list(dict.fromkeys(each for each in named if each is not None and each not in known))

    def gathering(self, known: Participants) -> "Gathering":
        """See `Following.gathering` of the port."""
        return Gathering(self.following, _Known(known))


class Gathering:
    """Participants and arms while a run of events is folded."""

    def __init__(self, following: Following, known: "_Known") -> None:
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
        return _Changed(self, *looking.changes)

    def growth(self, changed: States, arms: Arms) -> int:
        """How many more items are written with these."""
        fresh = sum(each not in self._drafts for each in changed)
        return fresh + sum(each not in self._arms for each in arms)

    def fits(self, changed: States, arms: Arms) -> bool:
        """Whether these can be written at once with those that are written already."""
        return not self._too_wide(arms) and not self._too_heavy(changed)

    def take(self, changed: States, arms: Arms) -> None:
        """Takes these over."""
        self._drafts.update(changed)
        self._sizes.update(_sizes(changed))
        for name, counters in arms.items():
            total = self._arms.setdefault(name, {})
            for counter, count in counters.items():
                total[counter] = total.get(counter, 0) + count

    @property
    def participants(self) -> Participants:
        """The new states of those that changed."""
        return {
            identity: saved(replace(each, version=self._known.of(identity).version + 1))
            for identity, each in self._drafts.items()
        }

    @property
    def arms(self) -> Arms:
        """What to add, by experiment; nothing is ever added that amounts to nothing."""
        told = {
            name: {counter: count for counter, count in counters.items() if count}
            for name, counters in self._arms.items()
        }
        return {name: counters for name, counters in told.items() if counters}

    def _too_wide(self, arms: Arms) -> bool:
        """Whether an item that is added to already would be added to in too many counters."""
        return any(
            name in self._arms and len(self._arms[name].keys() | counters.keys()) > WIDTH
            for name, counters in arms.items()
        )

    def _too_heavy(self, changed: States) -> bool:
        """Whether participants that are written already would become too many bytes with these."""
        after = {**self._sizes, **_sizes(changed)}
        return bool(self._sizes) and sum(after.values()) > HEAVY


@dataclass(frozen=True, slots=True)
class _Changed:
    """What one event changes.

    Attributes:
        gathering: where.
        participants: their new states.
        arms: what to add, by experiment.
    """

    gathering: Gathering
    participants: States
    arms: Arms

    @property
    def growth(self) -> int:
        return self.gathering.growth(self.participants, self.arms)

    @property
    def fits(self) -> bool:
        return self.gathering.fits(self.participants, self.arms)

    def make(self) -> None:
        self.gathering.take(self.participants, self.arms)


def _sizes(changed: States) -> dict[Identity, int]:
    return {identity: each.size for identity, each in changed.items()}


class _Known:
    """What is known of participants; each is read once, when it is asked for."""

    def __init__(self, texts: Participants) -> None:
        self._texts = texts
        self._states: dict[Identity, Participant] = {}

    def of(self, identity: Identity) -> Participant:
        """What is known of one; nobody, where nothing is."""
        state = self._states.get(identity)
        if state is None:
            text = self._texts.get(identity)
            state = self._states[identity] = NOBODY if text is None else participant_of(text)
        return state


class _Looking:
    """One event on its way into participants and arms."""

    __slots__ = ("_changed", "_drafts", "_following", "_known")

    def __init__(self, following: Following, known: _Known, drafts: States) -> None:
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
    def changes(self) -> tuple[States, Arms]:
        """All of it, once the arms are told."""
        arms: dict[str, Counters] = {}
        for identity, each in self._changed.items():
            if each.into is None:
                self._changed[identity] = self._told(self._bounded(each), arms)
        return self._changed, arms

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
        return found or self._known.of(identity)
