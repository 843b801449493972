"""What a function says of its own requests, on its way to being counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairn.events.model import Event, Parcel
from cairn.events.pack import pack
from cairn.platform.errors import StoreUnavailable


class Sending(Protocol):
    """Carries parcels to the fold."""

    def send(self, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
        """Sends parcels; gives those that were not taken."""
        ...


class Keeping(Protocol):
    """Keeps parcels for a later sweep."""

    def keep(self, parcels: Sequence[Parcel]) -> None:
        """Keeps parcels, or raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Reporting:
    """Sends own events, or keeps them for a later sweep.

    Attributes:
        shards: message groups of the queue.
    """

    queue: Sending
    outbox: Keeping
    shards: int

    def send(self, workspace: str, events: Sequence[Event], now: datetime) -> int:
        """Sends events in parcels; gives how many of these have to wait in the outbox.

        Raises:
            StoreUnavailable: neither the queue nor the outbox takes them.
        """
        refused = self.queue.send(pack(workspace, events, shards=self.shards, now=now))
        self.outbox.keep(refused)
        return len(refused)

    def report(self, workspace: str, event: Event) -> str:
        """Sends an event; tells what became of it: `sent`, `outbox`, or `lost`."""
        try:
            waiting = self.send(workspace, [event], event.at)
        except StoreUnavailable:
            return "lost"
        return "outbox" if waiting else "sent"
