"""Reads what the fold remembers of a session."""

import json
from typing import Final, NamedTuple

from cairn.behavior.model import FOLD_STATE, Recent, RecentEvent, session_partition
from cairn.behavior.summary import EMPTY, Seen, Summary
from cairn.platform.dynamo import Address, Item, Key


class Memory(NamedTuple):
    """What is remembered of a session: its last events, and all of it in numbers."""

    recent: Recent = ()
    summary: Summary = EMPTY


BLANK: Final = Memory()


class Memories:
    """What is remembered of sessions, in the sessions table; written by the fold alone."""

    def __init__(self, table: str) -> None:
        self._table = table

    def address(self, workspace: str, session_id: str) -> Address:
        """Where a session's memory is; for those who read it along with other items."""
        return self._table, Key(session_partition(workspace, session_id), FOLD_STATE)


def memory_of(item: Item | None) -> Memory:
    """The memory in a stored fold; blank where there is no item."""
    if item is None:
        return BLANK
    body = json.loads(str(item["body"]))
    return Memory(
        recent=tuple(RecentEvent(*each) for each in body["recent"]),
        summary=Summary(
            seen={kind: Seen(*each) for kind, each in body.get("seen", {}).items()},
            dimensions=body["dimensions"],
            converted=bool(body["conversions"]),
        ),
    )
