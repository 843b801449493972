"""`cairn keys`: API keys, shown once and stored as digests."""

from typing import Annotated, Literal

import typer

from cairn.access.keys import new_key
from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores

NAME_CHARS = 64

app = typer.Typer(no_args_is_help=True, help="API keys of a workspace.")


@app.callback()
def keys() -> None:
    """API keys of a workspace."""


@app.command()
def create(  # noqa: PLR0913  # one option each
    *,
    kind: Annotated[
        Literal["secret", "publishable"], typer.Option(help="For servers, or for web pages.")
    ],
    role: Annotated[
        Literal["viewer", "editor", "admin", "service"] | None,
        typer.Option(
            help="Of a secret key: a viewer reads, an editor also changes flags, an admin may do"
            " everything; a service, which is usual, decides, counts and reads."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What the history of changes calls it.")] = "",
    workspace: Workspace = "local",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Where a publishable key may be used from; anywhere, if not given."),
    ] = None,
    environment: Environment = "local",
    endpoint: Endpoint = None,
) -> None:
    """Make a key, and print it once; its id, which opens nothing, goes to standard error."""
    from infra.configuration.target import target  # noqa: PLC0415  # boto3 is slow to import

    if kind == "publishable" and role is not None:
        raise typer.BadParameter("a publishable key has no role: it stands in a page's source")
    if len(name) > NAME_CHARS:
        raise typer.BadParameter(f"a name has at most {NAME_CHARS} characters")
    key, record = new_key(
        kind,
        workspace=workspace,
        environment=environment,
        role=role or "service",
        name=name,
        origins=frozenset(origin or ()),
    )
    with complaining_of_stores():
        target(environment, endpoint).keys.put(record)
    typer.echo(f"{record.id} {record.role or record.kind}", err=True)
    typer.echo(key)
