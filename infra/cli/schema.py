"""`cairn schema`: what a configuration document of a kind looks like, for editors."""

from typing import Annotated

import typer

from cairn.configuration.model import Kind


def schema(
    kind: Annotated[Kind | None, typer.Argument(help="The kind whose schema is printed.")] = None,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Bring the repository's schema files up to date.")
    ] = False,
) -> None:
    """Print the JSON Schema of a kind of document: flow, prompt, flag and so on."""
    from infra.configuration.schema_files import schema_text, write_all  # noqa: PLC0415  # loads models

    if write:
        for file in write_all():
            typer.echo(f"wrote {file.name}")
    elif kind is None:
        typer.echo(f"Name one of: {', '.join(Kind)}.", err=True)
        raise typer.Exit(2)
    else:
        typer.echo(schema_text(kind), nl=False)
