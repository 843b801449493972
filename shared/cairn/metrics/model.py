"""The words of metrics: resolutions, groups, counters, and what is read of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

FOLD_VERSION: Final = 3
"""Rollups of another fold version are other rollups: two may run side by side."""

OTHER: Final = "other"
"""Where undeclared values, conversions and custom types are counted, so that counters stay few."""

SESSIONS: Final = "sessions"
PAGE_VIEWS: Final = "page_views"
SUBJECTS_SEEN: Final = "subjects"
"""Subjects by their first sight on a day: exact for a day."""

EVENTS: Final = "events."
CONVERSIONS: Final = "conversions."

VALUE_PATTERN: Final = r"^[^|]{1,64}$"
"""What a dimension's value looks like, so that it fits a counter's name."""

VALUE_BYTES: Final = 64
"""Longest value that is counted apart, in UTF-8."""

SEGMENT_VALUES: Final = 10
"""Most values of a dimension, and most personas, by which all is counted once more. With `other`,
with names of 64 bytes and counts of any size, no item outgrows the 400 KB that it may have: of a
flow with 45 steps, or of 19 models."""

STEPS_APART: Final = 45
"""Steps of a flow that are counted apart, the first that it has."""

OPERATIONS_APART: Final = 64
MODELS_APART: Final = 9
"""Operations and models of a workspace that are counted apart, the first that ever come; beside
Cairn's own operations and the published models."""

PUBLISHED_MODELS: Final = 10
"""Models of a workspace's `models` documents that are counted apart, the first of them."""

SEGMENTS: Final = 3
"""Dimensions by which operations, models and flows may be counted too."""


class Resolution(StrEnum):
    """How wide a bucket is."""

    MINUTE = "1m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        """The length of one bucket."""
        return _WIDTHS[self]

    @property
    def kept(self) -> timedelta:
        """How long after its start a bucket expires."""
        return _KEPT[self]

    @property
    def key_length(self) -> int:
        """A bucket's key is this much of its start in RFC 3339, such as `2026-11-20T10`."""
        return _KEY_LENGTHS[self]

    def key(self, at: datetime) -> str:
        """The key of the bucket that holds `at` (UTC); keys sort by time."""
        return at.isoformat()[: self.key_length]


_WIDTHS: Final = {
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: timedelta(days=1),
}
_KEPT: Final = {
    Resolution.MINUTE: timedelta(days=2),
    Resolution.HOUR: timedelta(days=35),
    Resolution.DAY: timedelta(days=400),
}
_KEY_LENGTHS: Final = {Resolution.MINUTE: 16, Resolution.HOUR: 13, Resolution.DAY: 10}


class RollupKey(NamedTuple):
    """One rollup item within a workspace and shard.

    Attributes:
        name: what it is of, in groups that keep an item per bucket and name, such as sketches.
    """

    resolution: Resolution
    group: str
    bucket: str
    name: str = ""


class Sight(NamedTuple):
    """A subject that was there on a day; `day` is the key of the day's bucket."""

    subject: str
    day: str


type Counters = Mapping[str, int]
"""Counts by counter name."""

type Registers = frozenset[bytes]
"""HyperLogLog registers; the union of two stands for everybody who is in either."""


class Bucket(NamedTuple):
    """The counts of one bucket, summed over shards.

    Attributes:
        registers: who was there, in the group `subjects`; see `cairn.metrics.distinct`.
    """

    start: datetime
    counters: Counters
    registers: Registers = frozenset()


class Reading(NamedTuple):
    """What was read of one group over a span.

    Attributes:
        buckets: those that have counts, by time.
        buckets_read: rollup items that were read for it, all shards together.
        folded_at: when the newest of them was written; None where there are none.
    """

    buckets: tuple[Bucket, ...]
    buckets_read: int
    folded_at: datetime | None


class NamedBucket(NamedTuple):
    """The counts of one bucket by name, summed over shards."""

    start: datetime
    names: Mapping[str, Counters]


class NamedReading(NamedTuple):
    """What was read over a span of a group that keeps an item per bucket and name.

    Attributes:
        buckets: those that have counts, by time.
        buckets_read: rollup items that were read for it, all shards and names together.
        folded_at: when the newest of them was written; None where there are none.
    """

    buckets: tuple[NamedBucket, ...]
    buckets_read: int
    folded_at: datetime | None


def is_short(value: str) -> bool:
    """Whether a value is short enough to be counted apart."""
    return len(value) <= VALUE_BYTES and (value.isascii() or len(value.encode()) <= VALUE_BYTES)
