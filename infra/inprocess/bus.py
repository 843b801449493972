"""EventBridge in memory: what was put on the bus, in its order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

type Entry = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class MemoryBus:
    """The EventBridge client of one account; a bus needs no making.

    Attributes:
        entries: what was put on any bus.
    """

    entries: list[Entry] = field(default_factory=list)

    def client(self) -> "EventBridgeClient":
        """Itself, under the type that the platform asks for."""
        return cast("EventBridgeClient", self)

    def heard(self, detail_type: str) -> list[Entry]:
        """The details of all events of a type."""
        told = [each for each in self.entries if each["DetailType"] == detail_type]
        return [json.loads(each["Detail"]) for each in told]

    def put_events(self, *, Entries: Sequence[Entry]) -> Entry:  # noqa: N803  # as AWS calls it
        """PutEvents."""
        self.entries.extend(Entries)
        return {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]}
