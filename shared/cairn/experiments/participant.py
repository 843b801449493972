"""What is known of one participant in experiments: who they are, what they saw and did.

A participant is a subject or, until one is known, a session. When a session shows who it is, what
it knows goes over to the subject; when it shows another subject later (an anonymous id becomes a
user's), the former goes over to the latter, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from cairn.metrics.following import Identity

BEFORE: Final = 32
"""Events of a stream that are kept from before the first exposure: the latest ones."""

AFTER: Final = 64
"""And from then on: the earliest ones. Who has more in one stream counts with these."""

STREAMS: Final = 64
"""Streams of a participant that are remembered, those with the latest events: so an item never
outgrows its table."""

MOMENT_BYTES: Final = 35
"""A moment in JSON at most; a counter without its name is no longer."""

type Counters = Mapping[str, int]
"""Counts and sums of an experiment's arms, by name."""

NO_COUNTERS: Final[Counters] = MappingProxyType({})


class Exposure(NamedTuple):
    """When a variation was served first, milliseconds after the epoch.

    Attributes:
        dimensions: the values under which it counts, by dimension, as they were known then.
    """

    at_ms: int
    dimensions: Mapping[str, str] = MappingProxyType({})


class Moment(NamedTuple):
    """One event of a stream: when it happened, and what it is worth, in millionths."""

    at_ms: int
    micro: int


type Moments = tuple[Moment, ...]
"""In the order of time."""


@dataclass(frozen=True, slots=True)
class Participant:
    """The state of one participant.

    Attributes:
        version: counts its writes; 0 means it was never written.
        into: who it turned out to be; it holds nothing of its own then.
        linked: whether other subjects turned out to be this one.
        exposures: by experiment and variation.
        streams: what happened, by stream.
        told: what the arms were told of it, by experiment.
    """

    version: int = 0
    into: Identity | None = None
    linked: bool = False
    exposures: Mapping[str, Mapping[str, Exposure]] = field(default_factory=dict)
    streams: Mapping[str, Moments] = field(default_factory=dict)
    told: Mapping[str, Counters] = field(default_factory=dict)

    @property
    def first_ms(self) -> int | None:
        """When it was exposed to anything first; None where it never was."""
        return min(
            (each.at_ms for seen in self.exposures.values() for each in seen.values()),
            default=None,
        )

    @property
    def size(self) -> int:
        """Bytes of its moments and counters in JSON, about and rather too many."""
        moments = sum(len(each) for each in self.streams.values())
        names = sum(len(name) for counters in self.told.values() for name in counters)
        counters = sum(len(each) for each in self.told.values())
        return MOMENT_BYTES * (moments + counters) + names

    def exposed(self, experiment: str, variation: str, exposure: Exposure) -> "Participant":
        """The participant who was served a variation then, too."""
        seen = self.exposures.get(experiment, {})
        known = seen.get(variation)
        if known is not None and known.at_ms <= exposure.at_ms:
            return self
        exposures = {**self.exposures, experiment: {**seen, variation: exposure}}
        return _trimmed(replace(self, exposures=exposures), self.streams)

    def did(self, stream: str, moment: Moment) -> "Participant":
        """The participant who did this, too."""
        moments = (*self.streams.get(stream, ()), moment)
        after = _trimmed(replace(self, streams={**self.streams, stream: moments}), {stream})
        return self if after.streams == self.streams else after

    def with_all_of(self, other: "Participant") -> "Participant":
        """The participant with everything that another one saw, did and counted for."""
        exposures = {name: dict(seen) for name, seen in self.exposures.items()}
        for name, seen in other.exposures.items():
            mine = exposures.setdefault(name, {})
            for variation, exposure in seen.items():
                if variation not in mine or exposure.at_ms < mine[variation].at_ms:
                    mine[variation] = exposure
        names = {*self.streams, *other.streams}
        streams = {
            name: (*self.streams.get(name, ()), *other.streams.get(name, ())) for name in names
        }
        told = {
            name: sum_of(self.told.get(name, NO_COUNTERS), other.told.get(name, NO_COUNTERS))
            for name in {*self.told, *other.told}
        }
        return _trimmed(replace(self, exposures=exposures, streams=streams, told=told), streams)


NOBODY: Final = Participant()


def sum_of(one: Counters, other: Counters) -> Counters:
    """Both, added up."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _trimmed(participant: Participant, names: Iterable[str]) -> Participant:
    """A participant with these streams in order, and as long as they may be."""
    first_ms = participant.first_ms
    kept = {name: _kept(participant.streams[name], first_ms) for name in names}
    return replace(participant, streams=_latest({**participant.streams, **kept}))


def _kept(moments: Moments, first_ms: int | None) -> Moments:
    ordered = tuple(sorted(moments))
    if len(ordered) <= BEFORE:
        return ordered
    before = [each for each in ordered if first_ms is None or each.at_ms < first_ms]
    return (*before[-BEFORE:], *islice(ordered, len(before), len(before) + AFTER))


def _latest(streams: Mapping[str, Moments]) -> Mapping[str, Moments]:
    if len(streams) <= STREAMS:
        return streams
    latest = sorted(streams.items(), key=lambda each: each[1][-1].at_ms)[-STREAMS:]
    return dict(latest)
