"""`cairn status`: what runs, where, and whether all of it still lives."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.complaint import complaining
from infra.local.places import is_alive
from infra.local.state import running


def status(
    *, json: Annotated[bool, typer.Option(help="Print the facts as one JSON object.")] = False
) -> None:
    """Show the running local stack."""
    with complaining():
        facts = running()
    if json:
        typer.echo(facts.model_dump_json(indent=2))
        return
    table = Table(show_header=False, box=None)
    table.add_row("base URL", facts.base_url)
    table.add_row("AWS endpoint", facts.endpoint)
    table.add_row("cache", facts.cache_url)
    for name, pid in facts.processes.items():
        table.add_row(name, "running" if is_alive(pid) else "[red]gone[/]")
    table.add_row("functions", ", ".join(facts.functions))
    Console().print(table)
