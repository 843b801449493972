"""`cairn chaos`: what stays true while everything goes wrong."""

from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.proving import AsJson, end, proving

app: Final = typer.Typer(no_args_is_help=True)


@app.callback()
def chaos() -> None:
    """Let everything go wrong, and compare what was counted with the truth."""


@app.command()
def ledger(
    csv: Annotated[
        Path | None,
        typer.Argument(help="The Online Shoppers file; simulated visits by default."),
    ] = None,
    *,
    events: Annotated[
        int | None,
        typer.Option(min=1_000, help="About this many events; the whole file by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Send visits through intake, queue and fold under every fault; nothing is lost or doubled."""
    from infra.chaos.ledger import play  # noqa: PLC0415  # imports the functions

    with proving():
        report = play(csv, events, seed).carry_out()
    end(report, as_json=as_json)
