"""Where key records are kept: a table of their own, under their digest.

Functions may only read it. Keys are made by operators, so that no function can make itself one.
"""

from cairn.access.model import KeyRecord
from cairn.platform.dynamo import Dynamo, Item, Key, Put

RECORD = "key"


class KeyStore:
    """Key records by workspace and digest."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def find(self, workspace: str, digest: str) -> KeyRecord | None:
        """The record of a key, or None."""
        item = self._dynamo.get(self._table, _key(workspace, digest), consistent=False)
        return KeyRecord.model_validate_json(str(item["body"])) if item else None

    def put(self, record: KeyRecord) -> None:
        """Keeps a record."""
        key = _key(record.workspace, record.digest)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": record.schema_version,
            "body": record.model_dump_json(),
        }
        self._dynamo.write(Put(self._table, item))


def _key(workspace: str, digest: str) -> Key:
    return Key(f"{workspace}#key#{digest}", RECORD)
