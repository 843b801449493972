"""Key records in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from cairn.access.model import KeyRecord
from cairn.platform.errors import StoreUnavailable


class MemoryKeys:
    """Records in a dictionary; counts how often it is asked, and can be down or hang."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], KeyRecord] = {}
        self.asked = 0
        self.down = False
        self._gate = Event()
        self._gate.set()

    def find(self, workspace: str, digest: str) -> KeyRecord | None:
        """The record of a key, or None."""
        self.asked += 1
        self._gate.wait()
        if self.down:
            raise StoreUnavailable("The table does not answer.")
        return self._records.get((workspace, digest))

    def put(self, record: KeyRecord) -> None:
        """Keeps a record."""
        self._records[record.workspace, record.digest] = record

    def forget(self) -> None:
        """Revokes every key."""
        self._records.clear()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Answers nobody before the end of the block."""
        self._gate.clear()
        try:
            yield
        finally:
            self._gate.set()
