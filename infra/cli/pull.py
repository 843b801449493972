"""`cairn pull`: what the management API changed is taken over into configuration files."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores
from infra.configuration.problems import InvalidConfiguration

SIGNS = {"add": "+", "change": "~"}


def pull(
    path: Annotated[
        Path, typer.Argument(exists=True, help="A folder of YAML files, or a single file.")
    ],
    *,
    workspace: Workspace = "local",
    environment: Environment = "local",
    endpoint: Endpoint = None,
) -> None:
    """Write what the API changed into the files, to be looked at, committed and applied."""
    from infra.configuration.pull import pull as taken_over  # noqa: PLC0415  # loads every model
    from infra.configuration.target import target  # noqa: PLC0415  # boto3 is slow to import

    try:
        with complaining_of_stores():
            store = target(environment, endpoint).documents
            pulled = taken_over(path, store, workspace=workspace)
    except InvalidConfiguration as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
    for each in pulled:
        typer.echo(f"{SIGNS[each.action]} {each.address}  version {each.version}, in {each.file}")
    if not pulled:
        typer.echo("Nothing to pull: the files already contain what the API changed.")
