"""Counts trips to stores: calls that AWS clients make, and exchanges with the cache."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from botocore.model import OperationModel

from infra.inprocess.cache import MemoryCache

HOOK: Final = "before-call"
NAMED: Final = ("tables", "cache", "queue", "traces")
WRITES_TRACE: Final = "BatchWriteItem"
"""The call that writes a trace; nothing else writes in batches to that table."""

STORES: Final[Mapping[str, str]] = {"dynamodb": "tables", "sqs": "queue"}
"""What a service is called here; any other keeps its own name."""

TRACES: Final = b"-traces"
"""How the name of the table ends that traces go to."""


@dataclass(frozen=True, slots=True)
class Trips:
    """Trips of one request.

    Attributes:
        tables: calls to DynamoDB, but for those that write the request's own trace.
        traces: calls that write the request's own trace.
        cache: exchanges with the cache.
        queue: calls to SQS.
        others: calls to other services.
        calls: every trip by its operation, in order.
    """

    tables: int
    cache: int
    queue: int
    others: int
    calls: tuple[str, ...]
    traces: int = 0


@dataclass(slots=True)
class Meter:
    """Everything that went to a store since it was last read.

    It is a handler of botocore's `before-call` event; sessions that make clients after it was
    registered with them are counted.
    """

    _calls: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, model: OperationModel, params: Mapping[str, object], **_: object) -> None:
        """Counts a call of an AWS client."""
        service = model.service_model.service_name
        body = params.get("body")
        written = isinstance(body, bytes) and TRACES in body and model.name == WRITES_TRACE
        self.count("traces" if written else STORES.get(service, service), model.name)

    def count(self, store: str, call: str) -> None:
        """Counts a trip."""
        self._calls.append((store, call))

    def read(self) -> Trips:
        """The trips since the last reading."""
        calls, self._calls = self._calls, []
        by_store = Counter(store for store, _ in calls)
        others = by_store.total() - sum(by_store[each] for each in NAMED)
        return Trips(
            tables=by_store["tables"],
            cache=by_store["cache"],
            queue=by_store["queue"],
            others=others,
            calls=tuple(call for _, call in calls),
            traces=by_store["traces"],
        )


class MeteredCache:
    """A cache in the process whose exchanges are counted."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._cache = MemoryCache()

    def exchange(
        self, *, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        """See `cairn.platform.cache.Cache`."""
        self._meter.count("cache", "exchange")
        return self._cache.exchange(put=put, get=get, ttl_s=ttl_s)


def worst(trips: Sequence[Trips]) -> Trips:
    """The most of each over several requests; the calls are those of the longest."""
    return Trips(
        tables=max(each.tables for each in trips),
        cache=max(each.cache for each in trips),
        queue=max(each.queue for each in trips),
        others=max(each.others for each in trips),
        calls=max((each.calls for each in trips), key=len),
        traces=max(each.traces for each in trips),
    )
