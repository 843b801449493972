"""`cairn keys`: API keys, shown once and stored as digests."""

from typing import Annotated, Literal

import typer

from cairn.access.keys import new_key
from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores

app = typer.Typer(no_args_is_help=True, help="API keys of a workspace.")


@app.callback()
def keys() -> None:
    """API keys of a workspace."""


@app.command()
def create(
    *,
    kind: Annotated[
        Literal["secret", "publishable"], typer.Option(help="For servers, or for web pages.")
    ],
    workspace: Workspace = "local",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Where a publishable key may be used from; anywhere, if not given."),
    ] = None,
    environment: Environment = "local",
    endpoint: Endpoint = None,
) -> None:
    """Make a key, and print it once."""
    from infra.configuration.target import target  # noqa: PLC0415  # boto3 is slow to import

    key, record = new_key(
        kind, workspace=workspace, environment=environment, origins=frozenset(origin or ())
    )
    with complaining_of_stores():
        target(environment, endpoint).keys.put(record)
    typer.echo(key)
