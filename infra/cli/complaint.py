"""How a command says that it cannot go on: one sentence, and a non-zero exit."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from infra.local.failure import LocalError


@contextmanager
def complaining() -> Iterator[None]:
    """Turns a `LocalError` into its sentence on standard error and exit code 1."""
    try:
        yield
    except LocalError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
