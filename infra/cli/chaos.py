"""`cairn chaos`: what stays true while everything goes wrong."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.proof import Exit, Unmeasurable

app: Final = typer.Typer(no_args_is_help=True)


@app.callback()
def chaos() -> None:
    """Let everything go wrong, and compare what was counted with the truth."""


@app.command()
def ledger(
    csv: Annotated[
        Path | None,
        typer.Argument(help="The Online Shoppers file; made-up visits where it is not given."),
    ] = None,
    *,
    events: Annotated[
        int | None,
        typer.Option(min=1_000, help="About so many events; the whole file by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides everything that is left to chance.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send visits through intake, queue and fold under every fault; nothing is lost or doubled."""
    from infra.chaos.ledger import play  # noqa: PLC0415  # imports the functions

    try:
        report = play(csv, events, seed).carry_out()
    except Unmeasurable as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(Exit.UNMEASURED) from error
    raise typer.Exit(report.show(as_json=as_json))
