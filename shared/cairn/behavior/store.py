"""Reads what the fold remembers of a session."""

import json

from cairn.behavior.model import FOLD_STATE, Recent, RecentEvent, session_partition
from cairn.platform.dynamo import Address, Item, Key


class RecentEvents:
    """Sessions' recent events, in the sessions table; written by the fold alone."""

    def __init__(self, table: str) -> None:
        self._table = table

    def address(self, workspace: str, session_id: str) -> Address:
        """Where a session's recent events are; for those who read them along with other items."""
        return self._table, Key(session_partition(workspace, session_id), FOLD_STATE)


def recent_of(item: Item | None) -> Recent:
    """The recent events of a stored fold; none where there is no item."""
    if item is None:
        return ()
    return tuple(RecentEvent(*each) for each in json.loads(str(item["body"]))["recent"])
