"""`cairn backfill`: what an experiment's participants did before it was published."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores
from infra.cli.proving import AsJson, end
from infra.proof import Report

EVERY = 100
"""Progress is told after so many parcels."""

TOLD = (
    "parcels",
    "parcels_unfolded",
    "events",
    "moments_added",
    "participants_changed",
    "participants_linked",
)


def backfill(  # noqa: PLR0913  # options of one command
    *,
    experiment: Annotated[str, typer.Argument(help="The experiment, as its document names it.")],
    workspace: Workspace = "local",
    environment: Environment = "local",
    endpoint: Endpoint = None,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would be added.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add what the archive knows to an experiment's metrics, from 14 days before its start on.

    The fold follows a metric from its publication with an experiment on; CUPED needs what subjects
    did before. It may be stopped and begun again, and runs beside the fold: what is counted
    already is not counted again.
    """
    from infra.backfill.place import backfill_of  # noqa: PLC0415  # boto3 is slow to import
    from infra.rebuild.place import stores_of  # noqa: PLC0415  # the same

    console = Console(stderr=True)

    def tell(parcels: int) -> None:
        if parcels % EVERY == 0:
            console.print(f"[dim]{parcels:,} parcels[/]", highlight=False)

    with complaining_of_stores():
        stores = stores_of(environment, endpoint)
        made = backfill_of(
            stores, workspace, experiment, lambda: datetime.now(UTC), dry_run=dry_run
        )
        report = made.carry_out(tell)
    end(report, _told(report, dry_run=dry_run), as_json=as_json)


def _told(report: Report, *, dry_run: bool) -> Table:
    title = "what would be added" if dry_run else "what was added"
    table = Table("what", "count", title=title)
    table.columns[1].justify = "right"
    for name in TOLD:
        table.add_row(name.replace("_", " "), f"{report.details[name]:,}")
    arms = report.details["arms_changed"]
    for name, counters in arms.items() if isinstance(arms, dict) else ():
        table.add_row(f"counters changed in the arms of {name}", f"{len(counters):,}")
    return table
