"""`cairn lint`: what would be refused, and what should be looked at, before it is published."""

from pathlib import Path
from typing import Annotated

import typer


def lint(
    path: Annotated[
        Path, typer.Argument(exists=True, help="A folder of YAML files, or a single file.")
    ],
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Treat warnings as errors: exit with 1.")
    ] = False,
) -> None:
    """Say what is wrong with configuration files, and what is valid but hardly meant."""
    from infra.configuration.lint import warnings  # noqa: PLC0415  # loads every model
    from infra.configuration.problems import InvalidConfiguration  # noqa: PLC0415  # the same
    from infra.configuration.validating import read_configuration  # noqa: PLC0415  # the same

    try:
        authored = read_configuration(path)
    except InvalidConfiguration as error:
        for problem in error.problems:
            typer.echo(f"error: {problem}")
        raise typer.Exit(1) from error
    found = sorted(warnings(authored))
    for problem in found:
        typer.echo(f"warning: {problem}")
    typer.echo(f"{len(authored)} documents: no errors, {len(found)} warnings.", err=True)
    if strict and found:
        raise typer.Exit(1)
