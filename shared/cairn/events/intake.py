"""What becomes of admitted events: packed, sent, and answered for one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairn.events.admission import Admitted
from cairn.events.model import Parcel, Tracked
from cairn.events.pack import pack


class Carrier(Protocol):
    """Carries parcels to the fold."""

    def send(self, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
        """Sends parcels; gives those that were not taken."""
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in the events of requests.

    Attributes:
        shards: message groups that parcels are spread over.
    """

    carrier: Carrier
    shards: int

    def take(self, workspace: str, admitted: Admitted, now: datetime) -> Tracked:
        """Packs and sends admitted events.

        Nothing is raised when the queue is down: every event of a refused parcel is `retryable`.
        """
        events = [event for _, event in admitted.events]
        parcels = pack(workspace, events, shards=self.shards, now=now)
        refused = {
            (event.owner, event.id)
            for parcel in self.carrier.send(parcels)
            for event in parcel.events
        }
        retryable = [
            index for index, event in admitted.events if (event.owner, event.id) in refused
        ]
        return Tracked(
            accepted=len(events) - len(retryable),
            repeated=admitted.repeated,
            rejected=admitted.rejected,
            retryable=tuple(retryable),
        )
