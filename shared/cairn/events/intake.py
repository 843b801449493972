"""What becomes of admitted events: packed, sent, and answered for one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairn.events.admission import Admitted, Arrival
from cairn.events.model import Event, Parcel, Tracked
from cairn.events.own import Served, batch_completed
from cairn.events.pack import pack
from cairn.events.skew import in_ms


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

    def take(self, workspace: str, admitted: Admitted, served: Served, arrival: Arrival) -> Tracked:
        """Packs and sends admitted events, and with them that their request was answered.

        Nothing is raised when the queue is down: every event of a refused parcel is `retryable`.
        Where nothing was admitted, nothing is sent.
        """
        events = [event for _, event in admitted.events]
        parcels = self._packed(workspace, events, served, arrival.now) if events else []
        refused = {
            (event.owner, event.id)
            for parcel in self.carrier.send(parcels)
            for event in parcel.events
        }
        retryable = [
            index
            for index, event in admitted.events
            if refused and (event.owner, event.id) in refused
        ]
        return Tracked(
            accepted=len(events) - len(retryable),
            repeated=admitted.repeated,
            rejected=admitted.rejected,
            retryable=tuple(retryable),
            redacted=admitted.redacted,
            clock_skew_ms=in_ms(arrival.skew),
        )

    def _packed(
        self, workspace: str, events: Sequence[Event], served: Served, now: datetime
    ) -> list[Parcel]:
        own = batch_completed(workspace, events, served, now, self.shards)
        return pack(workspace, [*events, own], shards=self.shards, now=now)
