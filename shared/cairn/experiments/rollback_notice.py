"""What is told of a rollback: an event on the bus, and one that alert rules can watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cairn.events.model import Event
from cairn.events.pack import pack
from cairn.events.registry import EXPERIMENT_ROLLED_BACK
from cairn.events.reporting import Sending
from cairn.experiments.record import ExperimentRecord, Rollback
from cairn.platform.clock import rfc3339
from cairn.platform.errors import QueueUnavailable
from cairn.platform.ids import derived_id

SOURCE: Final = "analyze"


class Bus(Protocol):
    """Where outsiders listen."""

    def publish(self, detail_type: str, detail: Mapping[str, object], *, at: datetime) -> None:
        """Puts one event there, or raises `QueueUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class RollbackNotice:
    """Who is told of rollbacks.

    Attributes:
        shards: message groups of the queue.
    """

    queue: Sending
    bus: Bus
    shards: int

    def tell(self, workspace: str, standing: ExperimentRecord) -> None:
        """Tells of a standing's rollback; whoever hears it twice knows it by its id.

        Raises:
            QueueUnavailable: the queue or the bus did not take it.
        """
        rollback = standing.rollback
        if rollback is None:
            return
        event = event_of(standing.experiment, rollback)
        if self.queue.send(pack(workspace, [event], shards=self.shards, now=rollback.at)):
            raise QueueUnavailable("The queue did not take the rollback's event.")
        self.bus.publish(
            EXPERIMENT_ROLLED_BACK,
            _detail(workspace, standing.experiment, rollback),
            at=rollback.at,
        )


def event_of(experiment: str, rollback: Rollback) -> Event:
    """A rollback as an event that is counted once, however often it is sent."""
    return Event(
        id=derived_id("evt", rollback.at, rollback.id),
        type=EXPERIMENT_ROLLED_BACK,
        at=rollback.at,
        source=SOURCE,
        attributes={
            "experiment": experiment,
            "flag": rollback.flag,
            "control": rollback.control,
            "reason": rollback.reasons[0].code,
        },
    )


def _detail(workspace: str, experiment: str, rollback: Rollback) -> dict[str, object]:
    return {
        "id": rollback.id,
        "workspace": workspace,
        "experiment": experiment,
        "flag": rollback.flag,
        "control": rollback.control,
        "reasons": [each.model_dump(mode="json") for each in rollback.reasons],
        "release": rollback.release,
        "at": rfc3339(rollback.at),
    }
