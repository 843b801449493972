"""`cairn trips`: how often each kind of request goes to a store, and what the law allows."""

from typing import Annotated

import typer
from rich.console import Console

from infra.proof import Exit, Unmeasurable


def trips(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Count the store calls of each kind of request, and compare them with their budgets."""
    from infra.trips.report import count, report, table  # noqa: PLC0415  # moto is slow to import

    try:
        counted = count()
    except Unmeasurable as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(Exit.UNMEASURED) from error
    if not as_json:
        Console().print(table(counted))
    raise typer.Exit(report(counted).show(as_json=as_json))
