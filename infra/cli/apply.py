"""`cairn apply`: configuration files become the published configuration of a workspace."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cairn.configuration.model import Actor
from cairn.platform.errors import StoreUnavailable
from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores
from infra.cli.changes import show
from infra.configuration.problems import InvalidConfiguration
from infra.local.failure import LocalError
from infra.stores import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.config import Name
    from infra.configuration.authored import Authored


def apply(  # noqa: PLR0913  # one option each
    path: Annotated[
        Path, typer.Argument(exists=True, help="A folder of YAML files, or a single file.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Publish nothing; validate and compare.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove documents that the files do not contain.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Undo what the API changed in the meantime.")
    ] = False,
    workspace: Workspace = "local",
    environment: Environment = "local",
    endpoint: Endpoint = None,
) -> None:
    """Validate all files, show what changes, and publish it at once."""
    from infra.configuration.apply import Choices, publish  # noqa: PLC0415  # loads every model
    from infra.configuration.target import target  # noqa: PLC0415  # boto3 is slow to import

    authored = _read(path)
    with complaining_of_stores():
        _warn_of_keys(authored, workspace, environment)
        applied = publish(
            authored,
            target(environment, endpoint).documents,
            workspace=workspace,
            now=datetime.now(UTC),
            by=_operator(),
            choices=Choices(dry_run=dry_run, remove=remove, overwrite=overwrite),
        )
    show(applied, Console(soft_wrap=True, highlight=False), dry_run=dry_run)


def _warn_of_keys(authored: "Sequence[Authored]", workspace: str, environment: "Name") -> None:
    """Tells which keys of models would not be sent, as far as whoever publishes may know it."""
    from infra.configuration.secrets import secret  # noqa: PLC0415  # boto3 is slow to import
    from infra.configuration.sendable import names_keys, unsendable  # noqa: PLC0415  # loads models

    if not names_keys(authored):
        return
    try:
        kept = secret(Place.MODEL_KEY, environment)
    except (LocalError, StoreUnavailable):
        typer.echo("warning: nobody looked whether the keys of models may be sent.", err=True)
        return
    for problem in unsendable(authored, workspace, kept):
        typer.echo(f"warning: {problem}", err=True)


def _operator() -> Actor:
    """Who sits at this command line, for the history of changes."""
    try:
        return Actor(via="apply", id=getuser())
    except (OSError, KeyError):  # a container's user may have no name
        return Actor(via="apply", id="operator")


def _read(path: Path) -> "Sequence[Authored]":
    from infra.configuration.lint import warnings  # noqa: PLC0415  # loads models
    from infra.configuration.validating import read_configuration  # noqa: PLC0415  # the same

    try:
        authored = read_configuration(path)
    except InvalidConfiguration as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        count = len(error.problems)
        found = "1 problem" if count == 1 else f"{count} problems"
        typer.secho(f"{found}; nothing was published.", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
    for problem in sorted(warnings(authored)):
        typer.echo(f"warning: {problem}", err=True)
    count = len(authored)
    typer.echo("1 document is valid." if count == 1 else f"{count} documents are valid.", err=True)
    return authored
