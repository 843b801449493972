"""What the writes of the fold cost: counted over tables in memory, by DynamoDB's rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cairn.events.model import Parcel
from cairn.metrics.declared import Declared
from cairn.metrics.ledger import Ingestion
from cairn.metrics.store import FoldStore
from cairn.platform.dynamo import Dynamo
from infra.bench.fold.load import NOW
from infra.inprocess.item_size import TRANSACTION, write_units
from infra.inprocess.tables import MemoryTables


@dataclass(slots=True)
class Bill:
    """What was written.

    Attributes:
        transactions: commits.
        actions: items written by them.
        units: write request units: of each item by the larger of before and after, twice
            since it is in a transaction.
    """

    events: int = 0
    parcels: int = 0
    transactions: int = 0
    actions: int = 0
    units: int = 0

    def item(self, call: str, before: int, after: int) -> None:
        """Bills an item."""
        self.actions += 1
        twice = TRANSACTION if call == "TransactWriteItems" else 1
        self.units += twice * write_units(max(before, after))

    def per_thousand(self) -> dict[str, float]:
        """Everything for 1,000 events."""
        share = 1_000 / self.events
        return {
            "parcels": round(self.parcels * share, 1),
            "transactions": round(self.transactions * share, 1),
            "actions": round(self.actions * share, 1),
            "write_units": round(self.units * share, 1),
        }


class _Wire:
    """Counts transactions."""

    def __init__(self, bill: Bill) -> None:
        self._bill = bill

    def sent(self, call: str) -> None:
        self._bill.transactions += call == "TransactWriteItems"

    def prepared(self, call: str) -> None:
        """Nothing is counted here."""

    def answered(self, call: str) -> None:
        """Nothing is counted here."""


class _NoArchive:
    """Keeps nothing: objects are not billed here."""

    def keep(self, parcel: Parcel, body: str, arrived_at: datetime) -> None:
        """Forgets a parcel."""


def billed(parcels: Iterable[Parcel], declared: Declared, shards: int) -> Bill:
    """Folds all parcels into empty tables, and gives the bill."""
    bill = Bill()
    dynamo = Dynamo(MemoryTables(_Wire(bill), bill.item).client())
    ledger = FoldStore(dynamo, "sessions", "metrics", shards)
    ingestion = Ingestion(ledger, _NoArchive(), lambda _: declared, lambda: NOW)
    for parcel in parcels:
        bill.events += ingestion.take(parcel, "")
        bill.parcels += 1
    return bill
