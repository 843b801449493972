"""A whole backfill: read the archive, follow it, and fill in what the fold had not followed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cairn.events.model import Parcel
from cairn.metrics.items import KEPT
from cairn.platform.clock import Clock
from infra.backfill.filling import Filling
from infra.backfill.replay import Replay
from infra.proof import Report, Target
from infra.rebuild.archive import Archived, ArchiveReader, Days, Unreadable

SHOWN: Final = 100
"""Keys that a report names."""


@dataclass(slots=True)
class Backfill:
    """One experiment's backfill.

    Links come first: once they hold, all that somebody did is in one place, so that a run that
    ends in the middle is finished by the next one.

    Attributes:
        since: where the time before begins.
        done: how many events of a parcel the fold has folded, by its receipt.
        parcels: parcels that were read.
        unfolded: parcels that the fold has not, or not wholly, folded; the rest is left to it.
        unreadable: keys of objects that hold no parcel.
    """

    workspace: str
    experiment: str
    since: datetime
    archive: ArchiveReader
    done: Callable[[str, str], int]
    replay: Replay
    filling: Filling
    clock: Clock
    parcels: int = 0
    unfolded: int = 0
    unreadable: list[str] = field(default_factory=list)

    def carry_out(self, progress: Callable[[int], None]) -> Report:
        """Fills in what the archive knows from `since` on.

        Raises:
            CairnError: a store refuses; the next run does what is left.
        """
        now = self.clock()
        days = Days(self.since.date(), now.date()).wider(1, 1)
        for found in self.archive.parcels(self.workspace, days):
            if isinstance(found, Unreadable):
                self.unreadable.append(found.key)
                continue
            self.parcels += 1
            self.replay.take(self._folded(found, now))
            progress(self.parcels)
        links, pasts = self.replay.found()
        for one, other in links.items():
            self.filling.link(one, other)
        for one, past in pasts.items():
            self.filling.fill(one, past)
        return self._report()

    def _folded(self, found: Archived, now: datetime) -> Parcel:
        """What of a parcel is folded: all of it where its receipt has had time to expire."""
        parcel = found.parcel
        if found.arrived_at < now - KEPT:
            return parcel
        done = self.done(self.workspace, parcel.id)
        self.unfolded += done < len(parcel.events)
        return parcel.model_copy(update={"events": parcel.events[:done]})

    def _report(self) -> Report:
        unreadable = Target("objects that hold no parcel", len(self.unreadable), "objects", "==", 0)
        filling = self.filling
        return Report(
            "backfill",
            [unreadable],
            {
                "workspace": self.workspace,
                "experiment": self.experiment,
                "since": self.since.isoformat(),
                "parcels": self.parcels,
                "parcels_unfolded": self.unfolded,
                "events": self.replay.events,
                "moments_added": filling.moments,
                "participants_changed": filling.participants,
                "participants_linked": filling.links,
                "arms_changed": {name: dict(each) for name, each in sorted(filling.arms.items())},
                "unreadable": self.unreadable[:SHOWN],
            },
        )
