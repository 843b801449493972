"""What a function says of its own requests, on its way to being counted."""

from collections.abc import Sequence
from dataclasses import dataclass
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

    def report(self, workspace: str, event: Event) -> str:
        """Sends an event; tells what became of it: `sent`, `outbox`, or `lost`."""
        refused = self.queue.send(pack(workspace, [event], shards=self.shards, now=event.at))
        try:
            self.outbox.keep(refused)
        except StoreUnavailable:
            return "lost"
        return "outbox" if refused else "sent"
