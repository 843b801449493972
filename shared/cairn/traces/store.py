"""Where traces are kept: fragments under their trace, and an index of rows by hour.

An item is a fragment: its spans as compressed JSON and, where a trace enters a service with it,
what lists say of it. Its key is made of its content, so that spans that come again are written over
themselves.

    pk         <workspace>#trace#<trace id>       sk         <start, µs>#<digest of its spans>
    listed     <workspace>#traces#<hour>          listed_at  <start, µs>
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from cairn.platform.dynamo import Dynamo, Index, Item
from cairn.platform.observability.span import Span, SpanStatus
from cairn.traces.fragments import fragments, packed, unique, unpacked
from cairn.traces.listing import EPOCH, Listed, Position, RowKey
from cairn.traces.model import SCHEMA, Fragment, StoredTrace, TraceRow

LISTED: Final = Index("listed", "listed", "listed_at")

SHOWN_SPANS: Final = 4_000
SHOWN_BYTES: Final = 3_000_000
"""What is shown of one trace, as packed JSON before compression; Lambda answers 6 MB at most."""

PAGES: Final = 8
"""Query pages, of 1 MB each, that one trace may take."""

ROW_FIELDS: Final = (
    "span_id",
    "root",
    "name",
    "service",
    "duration_ms",
    "status",
    "flow",
    "source",
    "model",
    "cost_usd",
)
"""What the index holds of a row besides its keys; the trace and the start are in these."""

MICROSECOND: Final = timedelta(microseconds=1)


class TraceStore:
    """Takes spans into the table of traces.

    Args:
        dynamo: the tables.
        table: the name of the table of traces.
        kept: how long fragments are kept.
    """

    def __init__(self, dynamo: Dynamo, table: str, kept: timedelta) -> None:
        self._dynamo = dynamo
        self._table = table
        self._kept = kept

    def keep(self, workspace: str, spans: Sequence[Span], now: datetime) -> None:
        """Keeps spans of any traces; spans that come again are kept once.

        One call per 25 fragments: one for all spans of an invocation.

        Raises:
            StoreUnavailable: not all were taken; to keep all again is safe.
        """
        expires_at = int((now + self._kept).timestamp())
        items = [_item(workspace, each, expires_at) for each in fragments(spans)]
        self._dynamo.put_all(self._table, items)


class TraceReader:
    """Reads the table of traces."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def read(self, workspace: str, trace_id: str, now: datetime) -> StoredTrace:
        """What is kept of a trace, from its beginning up to what can be shown.

        Raises:
            StoreUnavailable: the table cannot be read.
        """
        spans: list[Span] = []
        plain_bytes = 0
        after: Item | None = None
        for queries in range(1, PAGES + 1):
            page = self._dynamo.page(self._table, _pk(workspace, trace_id), after=after)
            for item in page.items:
                if _expired(item, now):
                    continue
                spans += unpacked(trace_id, _body(item))
                plain_bytes += _whole(item, "plain_bytes")
                if len(spans) > SHOWN_SPANS or plain_bytes > SHOWN_BYTES:
                    return StoredTrace(unique(spans)[:SHOWN_SPANS], complete=False, queries=queries)
            after = page.following
            if after is None:
                return StoredTrace(unique(spans), complete=True, queries=queries)
        return StoredTrace(unique(spans), complete=False, queries=PAGES)

    def rows(self, workspace: str, position: Position, limit: int) -> Listed:
        """See `Rows.rows`; the index is a moment behind the table."""
        partition = _partition(workspace, position.hour)
        page = self._dynamo.page(
            self._table,
            partition,
            index=LISTED,
            between=(_sortable(position.start), _sortable(position.end)),
            newest_first=True,
            after=_start_key(workspace, partition, position.after),
            limit=limit,
        )
        return Listed(
            rows=[(_key(item), _row(item)) for item in page.items],
            following=_key(page.following) if page.following else None,
        )


def _item(workspace: str, fragment: Fragment, expires_at: int) -> Item:
    body = packed(fragment.spans)
    start_us = fragment.spans[0].start_ns // 1_000
    return {
        "pk": _pk(workspace, fragment.trace_id),
        "sk": f"{start_us:016d}#{body.digest}",
        "schema": SCHEMA,
        "expires_at": expires_at,
        "spans": body.body,
        "plain_bytes": body.plain_bytes,
        **(_listed(workspace, fragment.row) if fragment.row else {}),
    }


def _listed(workspace: str, row: TraceRow) -> Item:
    told = {name: getattr(row, name) for name in ROW_FIELDS}
    keys = {"listed": _partition(workspace, row.start), "listed_at": _sortable(row.start)}
    return {**keys, **{name: value for name, value in told.items() if value is not None}}


def _row(item: Item) -> TraceRow:
    return TraceRow(
        trace_id=_key(item).trace_id,
        span_id=str(item["span_id"]),
        root=bool(item["root"]),
        name=str(item["name"]),
        service=str(item["service"]),
        start=EPOCH + _whole(item, "listed_at") * MICROSECOND,
        duration_ms=float(str(item["duration_ms"])),
        status=cast("SpanStatus", item["status"]),
        flow=_text(item, "flow"),
        source=_text(item, "source"),
        model=_text(item, "model"),
        cost_usd=float(str(item["cost_usd"])),
    )


def _key(item: Item) -> RowKey:
    return RowKey(
        listed_at=str(item["listed_at"]),
        trace_id=str(item["pk"]).rpartition("#")[2],
        sk=str(item["sk"]),
    )


def _start_key(workspace: str, partition: str, key: RowKey | None) -> Item | None:
    if key is None:
        return None
    return {
        "pk": _pk(workspace, key.trace_id),
        "sk": key.sk,
        "listed": partition,
        "listed_at": key.listed_at,
    }


def _pk(workspace: str, trace_id: str) -> str:
    return f"{workspace}#trace#{trace_id}"


def _partition(workspace: str, at: datetime) -> str:
    return f"{workspace}#traces#{at:%Y-%m-%dT%H}"


def _sortable(at: datetime) -> str:
    return f"{(at - EPOCH) // MICROSECOND:016d}"


def _expired(item: Item, now: datetime) -> bool:
    return _whole(item, "expires_at") <= now.timestamp()


def _whole(item: Item, name: str) -> int:
    return int(str(item[name]))


def _text(item: Item, name: str) -> str | None:
    return str(item[name]) if name in item else None


def _body(item: Item) -> bytes:
    body = item["spans"]
    if not isinstance(body, bytes):
        raise TypeError("the spans of a fragment are bytes")
    return body
