"""`cairn redrive`: dead letters, looked at and sent back."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.asked import Endpoint, Environment, complaining_of_stores

if TYPE_CHECKING:
    from infra.redrive.letters import Fate, Letter


def redrive(  # noqa: PLR0913  # options of one command
    queue: Annotated[
        Literal["events", "explanations"], typer.Argument(help="The queue that letters go back to.")
    ],
    *,
    look: Annotated[bool, typer.Option(help="Only show them.")] = False,
    reason: Annotated[str, typer.Option(help="Only letters whose reason contains this.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many letters.")] = None,
    drop: Annotated[
        bool, typer.Option(help="Remove what can never be processed, and send nothing.")
    ] = False,
    environment: Environment = "local",
    endpoint: Endpoint = None,
) -> None:
    """Send dead letters back to their queue; those that can never be processed stay.

    Of a FIFO group the first letters are seen until they are sent or dropped.
    """
    from infra.redrive.place import redrive_of  # noqa: PLC0415  # boto3 is slow to import
    from infra.redrive.run import Wish  # noqa: PLC0415  # along with it

    with complaining_of_stores():
        wish = Wish(look=look, drop=drop, reason=reason, limit=limit)
        letters = list(redrive_of(queue, environment, endpoint).carry_out(wish))
    _show(queue, letters)
    if any(fate.name == "REFUSED" for _, fate in letters):
        raise typer.Exit(1)


def _show(queue: str, letters: "list[tuple[Letter, Fate]]") -> None:
    now = datetime.now(UTC)
    table = Table("reason", "age", "group", "bytes", "message", "", title=f"dead letters, {queue}")
    table.columns[1].justify = table.columns[3].justify = "right"
    for letter, fate in letters:
        age = _age((now - letter.sent_at).total_seconds())
        group = letter.group or ""
        table.add_row(letter.reason, age, group, f"{letter.size:,}", letter.id, fate.value)
    console = Console()
    console.print(table)
    fates = Counter(fate.value for _, fate in letters)
    console.print(", ".join(f"{count} {fate}" for fate, count in fates.items()) or "none")


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
