"""What the fold follows of a workspace's experiments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cairn.conditions.model import Test
from cairn.events.model import Event
from cairn.experiments.model import LONGEST_WINDOW_HOURS, MetricType

MICRO: Final = 1_000_000
"""Numbers are counted in whole millionths, so that sums are exact in any order."""

LARGEST: Final = 10**9 * MICRO
"""A larger number counts as this: the square of it, over 10^8 subjects, still has 38 digits."""

MOST: Final = LARGEST // MICRO

LONGEST_MS: Final = LONGEST_WINDOW_HOURS * 3_600_000
"""A longer duration counts as this, which no window permits: the square of it in millionths, over
10^7 subjects, still has 38 digits."""

NUMERATOR: Final = ""
DENOMINATOR: Final = "/"
"""What stands behind a metric's id in the name of a stream."""


def most_of(kind: MetricType) -> int:
    """What a number of a metric counts for at most; of a duration in milliseconds."""
    return LONGEST_MS if kind == "duration" else MOST


class Stream(NamedTuple):
    """Events of one type that a metric is made of.

    Attributes:
        name: the metric's id, and which part of it.
        concerns: the condition on the events' attributes.
        value: the attribute that holds a number; None where each event is 1.
        most: a larger number counts as this; so does a smaller one than its negative.
    """

    name: str
    concerns: Test
    value: str | None
    most: int = MOST

    def micro(self, event: Event) -> int | None:
        """What an event is worth, in millionths; None where it does not belong here."""
        if not self.concerns(event.attributes):
            return None
        if self.value is None:
            return MICRO
        number = event.attributes.get(self.value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        return round(max(-self.most, min(self.most, number)) * MICRO)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of an experiment.

    Attributes:
        timed: whether it is the time from the first exposure to the event.
        window_ms: how long after the first exposure events count.
        cap: in millionths.
    """

    id: str
    type: MetricType
    timed: bool
    window_ms: int
    cap: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment that has a beginning.

    Attributes:
        variations: those whose exposures count.
        starts_ms: when the first subject may be taken in, milliseconds after the epoch.
        ends_ms: when no more subjects are.
        decided: whether decisions serve its variations: then only they tell what was served, and
            no client can forge it.
    """

    id: str
    variations: frozenset[str]
    metrics: tuple[Metric, ...]
    dimensions: tuple[str, ...]
    starts_ms: int
    ends_ms: int
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Following:
    """What the fold follows of a workspace's experiments.

    Attributes:
        experiments: by their id.
        streams: by type of event.
        names: of all streams.
    """

    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    streams: Mapping[str, tuple[Stream, ...]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
