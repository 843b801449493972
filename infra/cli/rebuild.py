"""`cairn rebuild`: the archive, folded anew and compared with what is read today."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cairn.metrics.model import FOLD_VERSION
from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores
from infra.cli.proving import AsJson, end
from infra.proof import Report

EVERY = 100
"""Progress is told after so many parcels."""


def rebuild(  # noqa: PLR0913  # options of one command
    *,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, in UTC.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, inclusive.")
    ],
    fold_version: Annotated[
        int, typer.Option(min=1, help="The version to fold into, beside the current one.")
    ] = FOLD_VERSION + 1,
    workspace: Workspace = "local",
    environment: Environment = "local",
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Fold the archive of some days into another fold version, and compare hours and days.

    It may be stopped and begun again: each version has receipts of its own. Parcels are folded in
    the order in which they came. What came more than two days after its day, or in a session that
    began before the day before, may differ, and so may what was declared otherwise at the time.
    """
    if fold_version == FOLD_VERSION:
        raise typer.BadParameter(f"{FOLD_VERSION} is the version that is read today.")
    if last < first:
        raise typer.BadParameter("The last day lies before the first.")
    from infra.rebuild.archive import Days  # noqa: PLC0415  # boto3 is slow to import
    from infra.rebuild.place import rebuild_of, stores_of  # noqa: PLC0415  # the same

    console = Console(stderr=True)

    def tell(parcels: int) -> None:
        if parcels % EVERY == 0:
            console.print(f"[dim]{parcels:,} parcels[/]", highlight=False)

    with complaining_of_stores():
        stores = stores_of(environment, endpoint)
        made = rebuild_of(stores, workspace, fold_version, lambda: datetime.now(UTC))
        report = made.carry_out(Days(first.date(), last.date()), tell)
    end(report, _differences(report), as_json=as_json)


def _differences(report: Report) -> Table | None:
    columns = ("group", "resolution", "bucket", "name", "counter", "present", "rebuilt")
    table = Table(*columns, title="what differs")
    found = report.details["differences"]
    for each in found if isinstance(found, list) else ():
        table.add_row(*(str(each[name]) for name in columns))
    return table if table.row_count else None
