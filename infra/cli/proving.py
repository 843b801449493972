"""How proof commands begin and end: with one sentence or a report, for people or machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from infra.proof import Exit, Report, Unmeasurable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def proving(*also: type[Exception]) -> Iterator[None]:
    """Turns `Unmeasurable` into its sentence on standard error and exit code 2.

    Args:
        also: what else says that nothing could be measured.
    """
    unmeasured: tuple[type[Exception], ...] = (Unmeasurable, *also)
    try:
        yield
    except unmeasured as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(Exit.UNMEASURED) from error


def under_way(part: str) -> None:
    """Says on standard error what is being measured."""
    Console(stderr=True).print(f"[dim]{part} …[/]")


def end(report: Report, above: Table | None = None, *, as_json: bool) -> NoReturn:
    """Shows what was found, and ends the command as it went.

    Args:
        report: values beside their targets.
        above: what people see above it.
        as_json: whether it is for machines.
    """
    if above is not None and not as_json:
        Console().print(above)
    raise typer.Exit(report.show(as_json=as_json))
