"""Where parcels go: the queue, the outbox for what it refused, the archive, the dead queue."""

import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Final

from cairn.events.model import SCHEMA, Parcel
from cairn.platform.dynamo import Delete, Dynamo, Item, Key, Put
from cairn.platform.errors import QueueUnavailable
from cairn.platform.objects import Bucket
from cairn.platform.queue import Message, Queue

OUTBOX_PARTITIONS: Final = 8
"""Partitions of the outbox: found without a scan, and none of them hot."""

SWEEP_PARCELS: Final = 400
"""Parcels that one sweep sends at most."""

_DAY: Final = "%Y/%m/%d/"
_TIME: Final = "%H%M%S.%f"
_ENDING: Final = ".json.gz"

REASON_LENGTH: Final = 1_000
"""How much of a reason travels with a dead parcel."""


class ParcelQueue:
    """The FIFO queue that carries parcels to the fold."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
        """Sends parcels, ten to a call; gives those that the queue did not take."""
        messages = [Message(each.to_json(), each.group, each.id) for each in parcels]
        return tuple(parcels[position] for position in self._queue.send(messages))


class Outbox:
    """Parcels that the queue did not take, in the decisions table, until they are swept."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def keep(self, parcels: Sequence[Parcel]) -> None:
        """Keeps parcels for a later sweep; keeping one twice is keeping it once.

        Raises:
            StoreUnavailable: the table does not take them either.
        """
        for parcel in parcels:
            self._dynamo.write(self.keeping(parcel))

    def keeping(self, parcel: Parcel) -> Put:
        """The write that keeps a parcel, for those who join it with others."""
        key = _key(parcel)
        item: Item = {"pk": key.pk, "sk": key.sk, "schema": SCHEMA, "body": parcel.to_json()}
        return Put(self._table, item)

    def waiting(self, limit: int = SWEEP_PARCELS) -> list[Parcel]:
        """Parcels that wait, oldest first within each partition, at most `limit`."""
        found: list[Parcel] = []
        share = -(-limit // OUTBOX_PARTITIONS)
        for number in range(OUTBOX_PARTITIONS):
            items = self._dynamo.query(self._table, _partition(number), limit=share)
            found += [Parcel.model_validate_json(str(item["body"])) for item in items]
        return found

    def drop(self, parcels: Sequence[Parcel]) -> None:
        """Forgets parcels that were sent."""
        for parcel in parcels:
            self._dynamo.write(Delete(self._table, _key(parcel)))

    def sweep(self, queue: ParcelQueue, limit: int = SWEEP_PARCELS) -> tuple[int, int]:
        """Sends what waits and forgets what the queue took.

        Returns:
            How many parcels were sent, and how many the queue refused again.
        """
        waiting = self.waiting(limit)
        refused = queue.send(waiting)
        still = {parcel.id for parcel in refused}
        self.drop([parcel for parcel in waiting if parcel.id not in still])
        return len(waiting) - len(refused), len(refused)


class Archive:
    """Every parcel as it came, under its arrival.

    A parcel that could not be folded when it came is there once more for each time that it came
    again; it was folded at the last.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def keep(self, parcel: Parcel, body: str, arrived_at: datetime) -> None:
        """Keeps a parcel's body.

        Raises:
            StoreUnavailable: the bucket does not take it.
        """
        packed = gzip.compress(body.encode(), compresslevel=6, mtime=0)
        self._bucket.put(
            archive_key(parcel, arrived_at),
            packed,
            content_type="application/json",
            encoding="gzip",
        )


class DeadParcels:
    """The dead-letter queue, for what can never be folded."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def bury(self, body: str, *, group: str, message_id: str, reason: str) -> None:
        """Sends a body there with its reason, in a group of its own: nothing waits behind it.

        Raises:
            QueueUnavailable: the queue did not take it.
        """
        told = (("reason", reason[:REASON_LENGTH]), ("group", group))
        message = Message(body, message_id, message_id, told)
        if self._queue.send([message]):
            raise QueueUnavailable("The dead-letter queue does not take messages.")


def archive_prefix(workspace: str, day: date) -> str:
    """How the keys begin of what came on a day (UTC)."""
    return f"parcels/{workspace}/{day:{_DAY}}"


def archive_key(parcel: Parcel, arrived_at: datetime) -> str:
    """Where a parcel is that came then; keys of a workspace sort by arrival.

    Such as `parcels/<workspace>/2026/11/20/100030.123456-<id>.json.gz`.
    """
    prefix = archive_prefix(parcel.workspace, arrived_at)
    return f"{prefix}{arrived_at:{_TIME}}-{parcel.id}{_ENDING}"


def archived(key: str) -> tuple[datetime, str]:
    """When the parcel under a key came, and its id.

    Raises:
        ValueError: it is no such key.
    """
    when, _, parcel = key.removesuffix(_ENDING).rpartition("-")
    came = when.split("/", 2)[-1]
    return datetime.strptime(came, _DAY + _TIME).replace(tzinfo=UTC), parcel


def _key(parcel: Parcel) -> Key:
    digest = blake2b(parcel.id.encode(), digest_size=4).digest()
    return Key(_partition(int.from_bytes(digest) % OUTBOX_PARTITIONS), parcel.id)


def _partition(number: int) -> str:
    return f"_system#outbox#{number}"
