"""The archive, as the fold would have followed it had a metric been published from the beginning.

Events are taken in the order in which they came, each once, by the rules of the fold itself.
Participants begin with what is settled of them already: what they saw, and who they turned out to
be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from cairn.events.model import Event, Owner, Parcel
from cairn.experiments.exposure import moments_in
from cairn.experiments.following import (
    DENOMINATOR,
    NUMERATOR,
    Experiment,
    Following,
)
from cairn.experiments.gathering import Followed
from cairn.experiments.participant import Moments
from cairn.experiments.saved import into_of, participant_of, saved
from cairn.metrics.following import Identity, Participants, Saved
from cairn.metrics.owners import identity

type Known = Callable[[str, Sequence[Identity]], Participants]
"""Gives what is known of a workspace's participants."""

type Past = Mapping[str, Moments]
"""What a participant did, by stream."""


class Found(NamedTuple):
    """What the archive says of participants.

    Attributes:
        links: who turned out to be whom, of those of whom that was not known.
        pasts: what everybody did, under who they are once all links hold.
    """

    links: Mapping[Identity, Identity]
    pasts: Mapping[Identity, Past]


def streams_of(experiment: Experiment, following: Following) -> Following:
    """The streams of an experiment's metrics alone; nobody is exposed to anything in it."""
    parts = (NUMERATOR, DENOMINATOR)
    names = frozenset(each.id + part for each in experiment.metrics for part in parts)
    found = {
        event: tuple(each for each in streams if each.name in names)
        for event, streams in following.streams.items()
    }
    return Following(
        streams={event: streams for event, streams in found.items() if streams}, names=names
    )


class Replay:
    """Takes in parcels.

    Args:
        following: streams without experiments.
        known: asked of each participant when it is met first.
    """

    def __init__(self, following: Following, known: Known) -> None:
        self.events = 0
        """Events that belong to one of the streams."""
        self._following = following
        self._known = known
        self._followed = Followed(following)
        self._seen: set[tuple[Owner, bytes]] = set()
        self._asked: set[Identity] = set()
        self._before: dict[Identity, Saved] = {}
        self._gathering = self._followed.gathering(self._before)

    def take(self, parcel: Parcel) -> None:
        """Takes in the events of a parcel that did not come before.

        Raises:
            StoreUnavailable: what is known of its participants cannot be read.
        """
        self._meet(parcel)
        for event in parcel.events:
            name = (event.owner, identity(event))
            if name not in self._seen:
                self._seen.add(name)
                self._follow(event)

    def found(self) -> Found:
        """What the parcels amount to."""
        found = self._gathering.participants
        after = {name: participant_of(each) for name, each in found.items()}
        links = {
            name: each.into
            for name, each in after.items()
            if each.into is not None and each.into != self._into_before(name)
        }
        return Found(links, {name: each.streams for name, each in after.items() if each.streams})

    def _follow(self, event: Event) -> None:
        self._gathering.look(event, lambda _: None).make()
        self.events += any(moments_in(event, self._following))

    def _meet(self, parcel: Parcel) -> None:
        asked = [each for each in self._followed.wanted(parcel) if each not in self._asked]
        while asked:
            self._asked.update(asked)
            found = self._known(parcel.workspace, asked)
            self._before.update({name: _settled(each) for name, each in found.items()})
            asked = [each for each in self._followed.further(found) if each not in self._asked]

    def _into_before(self, name: Identity) -> Identity | None:
        before = self._before.get(name)
        return into_of(before) if before else None


def _settled(participant: Saved) -> Saved:
    return saved(replace(participant_of(participant), streams={}, told={}))
