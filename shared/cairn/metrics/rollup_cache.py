"""Rollups with a memory: what can no longer change is not read twice.

A bucket that is under way is read every time. One that is over may still receive what is on its
way, the seldomer the longer it is over: it is used for a tenth of that time, from `SETTLING` up to
`LATE`. One that was over for `CLOSES_AFTER` receives late events alone, which only hours and days
take: it is used for `LATE`, or for good where no event can be that late.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple, Protocol

from cairn.metrics.model import Bucket, NamedBucket, NamedReading, Reading, Resolution
from cairn.metrics.query import Rollups
from cairn.metrics.windows import Span
from cairn.platform.clock import Clock

CLOSES_AFTER: Final = timedelta(hours=48)
LATEST: Final[Mapping[Resolution, timedelta]] = {
    Resolution.MINUTE: CLOSES_AFTER,
    Resolution.HOUR: Resolution.HOUR.kept,
    Resolution.DAY: Resolution.DAY.kept,
}
"""How long after its end a bucket may receive an event."""

SETTLING: Final = timedelta(seconds=10)
PATIENCE: Final = 10
"""What comes late is seen later by at most this part of how late it is."""

LATE: Final = timedelta(seconds=60)
FOR_GOOD: Final = timedelta(days=400)

ROOM: Final = 200_000
"""Counters and registers that a process remembers of either kind of group, 100 bytes each."""


class Series(NamedTuple):
    """What is remembered together, and forgotten together."""

    workspace: str
    group: str
    resolution: Resolution


class RollupCache:
    """See `Rollups`; `buckets_read` is what was read this time."""

    def __init__(self, rollups: Rollups, clock: Clock, room: int = ROOM) -> None:
        self._rollups = rollups
        self._clock = clock
        self._buckets: _Memory[Bucket] = _Memory(
            lambda each: len(each.counters) + len(each.registers), room
        )
        self._named: _Memory[NamedBucket] = _Memory(
            lambda each: sum(map(len, each.names.values())), room
        )

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """See `Rollups.read`."""

        def fetch(missing: Span) -> Reading:
            return self._rollups.read(workspace, group, missing)

        series = Series(workspace, group, span.resolution)
        return Reading(*self._buckets.read(series, span, self._clock(), fetch))

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """See `Rollups.read_named`."""

        def fetch(missing: Span) -> NamedReading:
            return self._rollups.read_named(workspace, group, missing)

        series = Series(workspace, group, span.resolution)
        return NamedReading(*self._named.read(series, span, self._clock(), fetch))


def reusable(resolution: Resolution, start: datetime, now: datetime) -> timedelta:
    """How long a bucket that is read now may be used."""
    over = now - (start + resolution.width)
    if over < timedelta():
        return timedelta()
    if over <= CLOSES_AFTER:
        return max(SETTLING, min(over / PATIENCE, LATE))
    return FOR_GOOD if over > LATEST[resolution] else LATE


class _Content(Protocol):
    @property
    def start(self) -> datetime: ...


class _Part[Content: _Content](Protocol):
    @property
    def buckets(self) -> tuple[Content, ...]: ...

    @property
    def buckets_read(self) -> int: ...

    @property
    def folded_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class _Known[Content: _Content]:
    """One bucket as it was read.

    Attributes:
        bucket: None where nothing was counted in it.
        folded_at: when the newest of what was read with it was written.
        until: when it must be read again.
    """

    bucket: Content | None
    folded_at: datetime | None
    until: datetime


class _Memory[Content: _Content]:
    """Buckets by series; the series that was used longest ago is forgotten first."""

    def __init__(self, size_of: Callable[[Content], int], room: int) -> None:
        self._size_of = size_of
        self._room = room
        self._kept: OrderedDict[Series, Mapping[datetime, _Known[Content]]] = OrderedDict()
        self._sizes: dict[Series, int] = {}
        self._lock = Lock()

    def read(
        self,
        series: Series,
        span: Span,
        now: datetime,
        fetch: Callable[[Span], _Part[Content]],
    ) -> tuple[tuple[Content, ...], int, datetime | None]:
        """The buckets of a span, those that must be read in one run; how many were; how fresh."""
        starts = span.starts
        known = {
            start: each for start, each in self._remembered(series).items() if now < each.until
        }
        missing = [start for start in starts if start not in known]
        read = 0
        if missing:
            width = span.resolution.width
            part = fetch(Span(span.resolution, missing[0], missing[-1] + width))
            read = part.buckets_read
            run = starts[starts.index(missing[0]) : starts.index(missing[-1]) + 1]
            known |= _fresh(part, run, span.resolution, now)
            self._remember(series, known, now)
        found = [known[start] for start in starts]
        filled = [(each.bucket, each.folded_at) for each in found if each.bucket is not None]
        written = [at for _, at in filled if at is not None]
        return tuple(bucket for bucket, _ in filled), read, max(written, default=None)

    def _remembered(self, series: Series) -> Mapping[datetime, _Known[Content]]:
        with self._lock:
            if series in self._kept:
                self._kept.move_to_end(series)
            return self._kept.get(series, {})

    def _remember(
        self, series: Series, known: Mapping[datetime, _Known[Content]], now: datetime
    ) -> None:
        with self._lock:
            both = {**self._kept.get(series, {}), **known}
            lasting = {start: each for start, each in both.items() if now < each.until}
            self._kept[series] = lasting
            self._kept.move_to_end(series)
            self._sizes[series] = len(lasting) + sum(
                self._size_of(each.bucket) for each in lasting.values() if each.bucket is not None
            )
            while sum(self._sizes.values()) > self._room:
                oldest, _ = self._kept.popitem(last=False)
                del self._sizes[oldest]


def _fresh[Content: _Content](
    part: _Part[Content], run: Sequence[datetime], resolution: Resolution, now: datetime
) -> dict[datetime, _Known[Content]]:
    buckets = {each.start: each for each in part.buckets}
    return {
        start: _Known(buckets.get(start), part.folded_at, now + reusable(resolution, start, now))
        for start in run
    }
