"""What the stores say after a play."""

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Final

from cairn.events.model import Event, Owner, Parcel
from cairn.events.pack import group_of
from cairn.experiments.store import ArmsStore
from cairn.metrics.model import Resolution
from cairn.metrics.query import summed
from cairn.metrics.rollups import RollupStore
from cairn.metrics.series import ALL, GLUE, LATENCY, flow
from cairn.metrics.store import FoldStore
from cairn.metrics.windows import Span, floor
from cairn.platform.ids import derived_id
from infra.chaos.expected import Sketch
from infra.config import LOCAL
from infra.inprocess.account import ARCHIVE, MemoryAccount
from infra.inprocess.callers import WORKSPACE
from infra.replay.truth import PAGE_VIEWS, PURCHASES, SESSIONS, Counts, purchases_by
from infra.stores import Table

_NAMED: Final = {"session": "session_id", "source": "source"}
"""The field of an event that names its owner."""

PURCHASE: Final = "conversions.purchase"
BREAKDOWNS: Final = ("month", "weekend", "visitor_type")
AROUND: Final = timedelta(days=3)
"""More than any event of a play is away from its beginning."""


class Found:
    """Reads the stores of an account, as the functions that read do."""

    def __init__(self, account: MemoryAccount, shards: int, around: datetime) -> None:
        self._account = account
        sessions, metrics = LOCAL.named(Table.SESSIONS), LOCAL.named(Table.METRICS)
        self._rollups = RollupStore(account.dynamo, metrics, shards)
        self._arms = ArmsStore(account.dynamo, metrics, shards)
        self._ledger = FoldStore(account.dynamo, sessions, metrics, shards)
        middle = floor(around, Resolution.DAY)
        self._span = Span(Resolution.HOUR, middle - AROUND, middle + AROUND)

    def totals(self) -> Counts:
        """Sessions, page views and purchases, as a replay names them."""
        everything = self.group(ALL)
        return {
            SESSIONS: everything.get("sessions", 0),
            PAGE_VIEWS: everything.get("page_views", 0),
            PURCHASES: everything.get(PURCHASE, 0),
            **{
                purchases_by(dimension, name.partition(GLUE)[0]): count
                for dimension in BREAKDOWNS
                for name, count in self.group(dimension).items()
                if name.endswith(GLUE + PURCHASE)
            },
        }

    def group(self, name: str) -> Counts:
        """The counters of a group."""
        return dict(summed(self._rollups.read(WORKSPACE, name, self._span).buckets))

    def flow(self, name: str) -> Counts:
        """The counters of a flow; those that stand at nothing left out."""
        return {counter: count for counter, count in self.group(flow(name)).items() if count}

    def sketch(self, name: str) -> Sketch:
        """A sketch, merged."""
        reading = self._rollups.read_named(WORKSPACE, LATENCY, self._span)
        merged: Counter[str] = Counter()
        for bucket in reading.buckets:
            merged.update(bucket.names.get(name, {}))
        return {bucket: count for bucket, count in merged.items() if count}

    def arms(self, experiment: str) -> Counts:
        """The arms of an experiment."""
        return dict(self._arms.counters(WORKSPACE, experiment))

    def counted(self, ids: Mapping[Owner, str]) -> Iterator[tuple[Owner, int]]:
        """How many events of each owner were counted, by its own state.

        Args:
            ids: of each owner, the id of one of its events.
        """
        for number, some in enumerate(batched(ids.items(), 50, strict=False)):
            opening = self._ledger.open(_asking(some, number))
            yield from ((owner, state.events) for owner, state in opening.owners.items())

    def archived(self) -> set[tuple[Owner, str]]:
        """Owner and id of every event in the archive."""
        client = self._account.buckets.client()
        found: set[tuple[Owner, str]] = set()
        for key in self._account.buckets.keys(ARCHIVE):
            body = client.get_object(Bucket=ARCHIVE, Key=key)["Body"].read()
            parcel = Parcel.model_validate_json(gzip.decompress(body))
            found.update((event.owner, event.id) for event in parcel.events)
        return found


def _asking(ids: Iterable[tuple[Owner, str]], number: int) -> Parcel:
    """A parcel that nobody ever folds, to ask for its owners' states."""
    now = datetime(2000, 1, 1, tzinfo=UTC)
    return Parcel(
        id=derived_id("par", now, "asking", str(number)),
        workspace=WORKSPACE,
        group=group_of(0),
        events=tuple(
            Event.model_validate(
                {"id": each, "type": "custom.asking", "at": now, _NAMED[owner.kind]: owner.id}
            )
            for owner, each in ids
        ),
    )


def differences(expected: Mapping[str, int], found: Mapping[str, int]) -> int:
    """How many counters of either side say something else on the other."""
    return sum(expected.get(name, 0) != found.get(name, 0) for name in {*expected, *found})
