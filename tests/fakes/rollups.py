"""Rollups in memory that count what is read of them."""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cairn.metrics.model import (
    Bucket,
    Counters,
    NamedBucket,
    NamedReading,
    Reading,
    Resolution,
)
from cairn.metrics.windows import Span, floor


@dataclass
class CountedRollups:
    """See `Rollups`.

    Attributes:
        folded_at: when everything was written.
        reads: the workspace, the group and the span of each read, in order.
        items: items that were read, by group.
    """

    folded_at: datetime
    reads: list[tuple[str, str, Span]] = field(default_factory=list)
    items: Counter[str] = field(default_factory=Counter)
    _counts: dict[tuple[str, Resolution, datetime], Counter[str]] = field(default_factory=dict)
    _named: dict[tuple[str, Resolution, datetime], dict[str, Counter[str]]] = field(
        default_factory=dict
    )

    def count(self, group: str, at: datetime, counters: Counters) -> None:
        """Adds to a group, at all resolutions."""
        for resolution in Resolution:
            key = (group, resolution, floor(at, resolution))
            self._counts.setdefault(key, Counter()).update(counters)

    def sketch(self, group: str, at: datetime, names: Mapping[str, Counters]) -> None:
        """Adds to a group with names, at all resolutions."""
        for resolution in Resolution:
            named = self._named.setdefault((group, resolution, floor(at, resolution)), {})
            for name, counters in names.items():
                named.setdefault(name, Counter()).update(counters)

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """See `Rollups.read`."""
        self.reads.append((workspace, group, span))
        starts = [each for each in span.starts if (group, span.resolution, each) in self._counts]
        buckets = [
            Bucket(each, dict(self._counts[group, span.resolution, each])) for each in starts
        ]
        self.items[group] += len(buckets)
        return Reading(tuple(buckets), len(buckets), self.folded_at if buckets else None)

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """See `Rollups.read_named`."""
        self.reads.append((workspace, group, span))
        starts = [each for each in span.starts if (group, span.resolution, each) in self._named]
        buckets = [
            NamedBucket(each, copy.deepcopy(self._named[group, span.resolution, each]))
            for each in starts
        ]
        items = sum(len(each.names) for each in buckets)
        self.items[group] += items
        return NamedReading(tuple(buckets), items, self.folded_at if buckets else None)
