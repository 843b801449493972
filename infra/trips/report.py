"""What the law of trips allows, beside what was counted."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from rich.table import Table

from infra.proof import Report, Target
from infra.trips.kinds import Counted, batches, decisions, flags
from infra.trips.meter import Trips
from infra.trips.told import folds, reads
from infra.trips.world import world

HOW: Final = (
    "counted, not timed: functions in the process over moto with the example configuration; "
    "calls of AWS clients at botocore's before-call event, the cache at its port; "
    "warm is the worst of a kind after a process's first request, cold is that first request; "
    "traces are on and all kept, and the call that writes a request's own trace counts apart"
)


def count() -> list[Counted]:
    """Counts every kind of request.

    Raises:
        Unmeasurable: a request fails.
    """
    with world() as made:
        kinds = (decisions, flags, batches, reads, folds)
        return [counted for kind in kinds for counted in kind(made)]


def report(counted: Sequence[Counted]) -> Report:
    """The budgets as targets, and every count."""
    targets = [target for each in counted for target in _targets(each)]
    details = {"how": HOW, "kinds": {each.kind: _told(each) for each in counted}}
    return Report("trips", targets, details)


def table(counted: Sequence[Counted]) -> Table:
    """Every count for people."""
    columns = ("tables", "cache", "queue", "traces", "others", "cold: tables")
    shown = Table("request", *columns, title="trips")
    for each in counted:
        warm = each.warm
        numbers = (warm.tables, warm.cache, warm.queue, warm.traces, warm.others)
        cold = str(each.cold.tables) if each.cold else ""
        shown.add_row(each.kind, *map(str, numbers), cold)
    return shown


def _targets(counted: Counted) -> Iterator[Target]:
    stores = {
        "tables": counted.warm.tables,
        "cache": counted.warm.cache,
        "queue": counted.warm.queue,
        "traces": counted.warm.traces,
    }
    for store, limit in counted.budget.items():
        name = f"{counted.kind}: {store}"
        yield Target(name, stores[store], "calls", "<=", limit)


def _told(counted: Counted) -> dict[str, object]:
    return {"warm": _counts(counted.warm), "cold": counted.cold and _counts(counted.cold)}


def _counts(trips: Trips) -> dict[str, object]:
    return asdict(trips)
