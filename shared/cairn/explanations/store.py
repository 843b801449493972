"""Where narratives are kept, beside their decisions, and where they are ordered."""

from datetime import datetime, timedelta
from typing import Final

from cairn.decisions.limits import DECISION_S
from cairn.decisions.record import decision_partition, lives
from cairn.explanations.model import Narrative, NarrativeOrder
from cairn.platform.dynamo import Address, Dynamo, Item, Key, Put
from cairn.platform.errors import QueueUnavailable
from cairn.platform.queue import Message, Queue

NARRATIVE: Final = "narrative"


class NarrativeStore:
    """Narratives, in the decisions table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def address(self, workspace: str, decision_id: str) -> Address:
        """Where a narrative is; for those who read it along with its decision."""
        return self._table, Key(decision_partition(workspace, decision_id), NARRATIVE)

    def keep(self, workspace: str, decision_id: str, narrative: Narrative) -> None:
        """Keeps a narrative; a second one takes the place of the first.

        Raises:
            StoreUnavailable: the table does not take it.
        """
        table, key = self.address(workspace, decision_id)
        expiry = narrative.written_at + timedelta(seconds=DECISION_S)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": narrative.schema_version,
            "body": narrative.model_dump_json(),
            "expires_at": int(expiry.timestamp()),
        }
        self._dynamo.write(Put(table, item))


class Orders:
    """The queue of narratives that are wanted."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def place(self, order: NarrativeOrder) -> None:
        """Orders a narrative.

        Raises:
            QueueUnavailable: the queue does not take the order.
        """
        if self._queue.send([Message(order.model_dump_json())]):
            raise QueueUnavailable("The narrative could not be ordered.")


def narrative_of(item: Item | None, now: datetime) -> Narrative | None:
    """A narrative from its stored item; None where there is none, or its time is over."""
    if item is None or not lives(item, now):
        return None
    return Narrative.model_validate_json(str(item["body"]))
