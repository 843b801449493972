"""`cairn keys`: API keys, shown once and stored as digests; and what signs webhooks."""

from typing import Annotated, Literal

import typer

from cairn.access.keys import new_key
from infra.cli.asked import Endpoint, Environment, Workspace, complaining_of_stores
from infra.stores import Place

NAME_CHARS = 64

app = typer.Typer(no_args_is_help=True, help="Keys of a workspace: of its API, of its webhooks.")


@app.callback()
def keys() -> None:
    """Keys of a workspace: of its API, of its webhooks."""


@app.command()
def create(  # noqa: PLR0913  # one option each
    *,
    kind: Annotated[
        Literal["secret", "publishable"], typer.Option(help="For servers, or for web pages.")
    ],
    role: Annotated[
        Literal["viewer", "editor", "admin", "service"] | None,
        typer.Option(
            help="What a secret key may do: a viewer reads, an editor also changes flags, an admin"
            " may do everything; a service, the default, decides, sends events and reads."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Its name in the history of changes.")] = "",
    workspace: Workspace = "local",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="An origin that a publishable key may be used from; any by default."),
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


@app.command()
def webhook(*, workspace: Workspace = "local", environment: Environment = "local") -> None:
    """Print the secret by which a workspace's webhooks know what comes from Cairn."""
    from cairn.alerts.signature import shared_secret, workspace_key  # noqa: PLC0415  # only here
    from infra.configuration.secrets import secret  # noqa: PLC0415  # boto3 is slow to import

    with complaining_of_stores():
        root = secret(Place.WEBHOOK_SECRET, environment)
    typer.echo(shared_secret(workspace_key(root, workspace)))
