"""`cairn faults`: every fault that a model can throw, and what became of the decision."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cairn.platform.errors import CairnError
from infra.proof import Exit, Unmeasurable


def faults(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Decide under every scripted fault, with one provider and with two."""
    from infra.faults.report import report, table  # noqa: PLC0415  # openai is slow to import
    from infra.faults.run import everything, runs  # noqa: PLC0415  # the same

    total, console = len([*runs()]), Console(stderr=True)
    try:
        played = [*track(everything(), "playing", total=total, console=console, transient=True)]
    except (Unmeasurable, CairnError, OSError) as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(Exit.UNMEASURED) from error
    if not as_json:
        Console().print(table(played))
    raise typer.Exit(report(played).show(as_json=as_json))
