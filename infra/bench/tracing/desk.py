"""A desk that costs nothing and is recorded as the real one is: a span for each store call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cairn.decisions.desk import Commit, LoadedState, StateQuery
from cairn.events.model import Event
from cairn.platform.observability.recording import OpenSpan, Unrecorded, span
from infra.inprocess.desk import FreeDesk

TABLES: Final = ("cairn-local-sessions", "cairn-local-decisions")


class RecordedDesk(FreeDesk):
    """See `FreeDesk`."""

    def open(self, wanted: StateQuery) -> LoadedState:
        """See `Desk.open`."""
        with span("BatchGetItem", "client") as calling:
            _describe(calling, "BatchGetItem")
            return super().open(wanted)

    def keep(self, kept: Commit) -> None:
        """See `Desk.keep`."""
        with span("TransactWriteItems", "client") as calling:
            _describe(calling, "TransactWriteItems")
            super().keep(kept)

    def report(self, workspace: str, events: Sequence[Event], now: datetime) -> int:
        """See `Desk.report`."""
        with span("SendMessageBatch", "producer") as sending:
            sending.set("messaging.system", "aws_sqs")
            sending.set("messaging.destination.name", "cairn-local-events.fifo")
            sending.set("messaging.batch.message_count", 1)
            return super().report(workspace, events, now)


def _describe(calling: OpenSpan | Unrecorded, operation: str) -> None:
    calling.set("db.system.name", "aws.dynamodb")
    calling.set("db.operation.name", operation)
    calling.set("aws.dynamodb.table_names", TABLES)
