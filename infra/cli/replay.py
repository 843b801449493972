"""`cairn replay`: real sessions through the running product, and whether the totals add up."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.cli.asked import SecretKey, Url, door
from infra.cli.complaint import complaining
from infra.cli.proving import AsJson, proving
from infra.proof import Exit, Report

app: Final = typer.Typer(no_args_is_help=True)


@app.callback()
def replay() -> None:
    """Send real sessions and compare what the metrics say with the data's own truth."""


@app.command()
def shoppers(  # noqa: PLR0913  # options of one command
    csv: Annotated[Path, typer.Argument(help="The Online Shoppers file, with semicolons.")],
    *,
    url: Url = "",
    key: SecretKey = "",
    duplicate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of batches that are sent twice.")
    ] = 0.0,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only this many rows, for a quick look.")
    ] = None,
    stall_s: Annotated[
        float, typer.Option(min=1.0, help="Give up when the queue makes no progress for this long.")
    ] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Replay the Online Shoppers sessions: page views, then a purchase or the end.

    The file has no clock and no order of pages; both are derived. The clock ends now and spans
    24 hours.
    """
    with complaining():
        url, key = door(url, key)
    with proving():
        report = _replayed(csv, url, key, duplicate, limit, stall_s)
    raise typer.Exit(_show(report, as_json=as_json))


def _replayed(  # noqa: PLR0913, PLR0917  # the command's own options
    csv: Path, url: str, key: str, duplicate: float, limit: int | None, stall_s: float
) -> Report:
    from infra.replay.api import Api  # noqa: PLC0415  # httpx is slow to import
    from infra.replay.progress import Bars  # noqa: PLC0415  # only where it is shown
    from infra.replay.run import Replay  # noqa: PLC0415  # httpx is slow to import
    from infra.replay.shoppers import read  # noqa: PLC0415  # along with the others

    plan = Replay(
        run=secrets.token_hex(4),
        shoppers=read(csv, limit),
        ends=datetime.now(UTC),
        duplicate=duplicate,
        stall_s=stall_s,
    )
    Console(stderr=True).print(
        f"{len(plan.shoppers):,} sessions, {plan.events:,} events; "
        "order and clock are derived: the clock ends now and spans 24 hours."
    )
    with Api(url, key) as api, Bars(plan.to_send) as bars:
        return plan.carry_out(api, bars)


def _show(report: Report, *, as_json: bool) -> Exit:
    from infra.replay.compare import table  # noqa: PLC0415  # along with the others

    if as_json:
        return report.show(as_json=True)
    Console().print(table(report.name, report.targets))
    return report.exit
