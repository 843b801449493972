"""A whole rebuild: read the archive, fold it anew, compare."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Final

from cairn.metrics.fold import Unfoldable
from cairn.metrics.query import Rollups
from cairn.metrics.series import ALL, LATENCY, MODELS, OPERATIONS, SUBJECTS
from cairn.platform.dynamo.faults import ItemTooLarge
from infra.proof import Report, Target
from infra.rebuild.archive import Archived, ArchiveReader, Days, Unreadable
from infra.rebuild.differ import Difference, differences
from infra.rebuild.refold import Group, Refold

BEFORE: Final = 1
"""Days before the first of which arrivals are folded too, for sessions that went past midnight."""

AFTER: Final = 2
"""The same of days after the last, for events that came when their day was over."""

SHOWN: Final = 100
"""Differences that a report names."""

ALWAYS: Final = frozenset(
    {*(Group(each, named=False) for each in (ALL, MODELS, OPERATIONS, SUBJECTS))}
    | {Group(LATENCY, named=True)}
)
"""Groups that are compared even where the new version has nothing in them."""


@dataclass(slots=True)
class Rebuild:
    """One workspace's rebuild.

    Attributes:
        archive: where parcels are.
        refold: the new version's ledger.
        present: the rollups as they are read today.
        rebuilt: those of the new version.
        dimensions: groups of the declared dimensions.
        parcels: parcels that were read.
        unreadable: keys of objects that hold none.
        unfoldable: parcels that can never be folded, each with its reason.
    """

    workspace: str
    archive: ArchiveReader
    refold: Refold
    present: Rollups
    rebuilt: Rollups
    dimensions: frozenset[str]
    parcels: int = 0
    unreadable: list[str] = field(default_factory=list)
    unfoldable: list[str] = field(default_factory=list)

    def carry_out(self, days: Days, progress: Callable[[int], None]) -> Report:
        """Folds what the archive holds around `days`, and compares these days.

        Raises:
            CairnError: a store refuses; the next run goes on from there.
        """
        for found in self.archive.parcels(self.workspace, days.wider(BEFORE, AFTER)):
            if isinstance(found, Unreadable):
                self.unreadable.append(found.key)
                continue
            self.parcels += 1
            self._take(found)
            progress(self.parcels)
        return self._report(days, list(self._differences(days)))

    def _take(self, found: Archived) -> None:
        try:
            self.refold.take(found.parcel, found.arrived_at)
        except (Unfoldable, ItemTooLarge) as error:
            self.unfoldable.append(f"{found.parcel.id}: {error}")

    def _differences(self, days: Days) -> Iterator[Difference]:
        declared = {Group(each, named=False) for each in self.dimensions}
        groups = self.refold.groups | ALWAYS | declared
        return differences(self.present, self.rebuilt, self.workspace, groups, days)

    def _report(self, days: Days, found: list[Difference]) -> Report:
        targets = [
            Target("counters that differ", len(found), "counters", "==", 0),
            Target("objects that hold no parcel", len(self.unreadable), "objects", "==", 0),
            Target("parcels that can never be folded", len(self.unfoldable), "parcels", "==", 0),
        ]
        details = {
            "workspace": self.workspace,
            "from": days.first.isoformat(),
            "to": days.last.isoformat(),
            "parcels": self.parcels,
            "events_counted_now": self.refold.counted,
            "groups": sorted({each.name for each in self.refold.groups}),
            "differences": [asdict(each) for each in islice(found, SHOWN)],
            "unreadable": self.unreadable[:SHOWN],
            "unfoldable": self.unfoldable[:SHOWN],
        }
        return Report("rebuild", targets, details)
