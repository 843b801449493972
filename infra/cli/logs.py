"""`cairn logs`: what one function, or all of them, logged; one line for each invocation."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from infra.cli.complaint import complaining
from infra.cli.log_lines import render_all
from infra.local.failure import LocalError
from infra.local.function_logs import Entry, LogReader
from infra.local.state import Running, running

POLL_S = 0.5


def logs(
    function: Annotated[
        str | None, typer.Argument(help="A function, such as decide-next-step; all by default.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Follow until Ctrl-C.")] = False,
    minutes: Annotated[int, typer.Option(help="How far to look back.")] = 60,
) -> None:
    """Show what the functions logged."""
    with complaining():
        facts = running()
        names = named(facts, function)
    watch = LogWatch(facts, names, since=datetime.now(UTC) - timedelta(minutes=minutes))
    show(watch.look())
    while follow:
        time.sleep(POLL_S)
        with complaining():
            show(watch.look())


def named(facts: Running, function: str | None) -> tuple[str, ...]:
    """The functions that are meant, as AWS names them.

    Raises:
        LocalError: there is no such function.
    """
    wanted = (function or "").replace("_", "-")
    found = tuple(name for name in facts.functions if name.endswith(wanted))
    if not found:
        known = ", ".join(name.split("-", 2)[-1] for name in facts.functions)
        raise LocalError(f"There is no function {function}; there are {known}.")
    return found


class LogWatch:
    """Looks at the logs of some functions from a moment on."""

    def __init__(self, facts: Running, names: Iterable[str], *, since: datetime) -> None:
        from infra.local.cloud import AT_ONCE, session  # noqa: PLC0415  # boto3 is slow to import

        client = session().client("logs", endpoint_url=facts.endpoint, config=AT_ONCE)
        self._readers = [LogReader(client, name, since=since) for name in names]

    def look(self) -> list[Entry]:
        """What was logged since the last look, in order of time.

        Raises:
            LocalError: the emulator does not answer.
        """
        found = [entry for reader in self._readers for entry in reader.read()]
        return sorted(found, key=lambda entry: entry.at)


def show(entries: Sequence[Entry]) -> None:
    """Prints invocations."""
    console = Console(soft_wrap=True)
    for text in render_all(entries):
        console.print(text)
