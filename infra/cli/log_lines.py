"""How an invocation looks on a terminal: one line, and below it what else it printed."""

from collections.abc import Iterable
from typing import Final

from rich.text import Text

from infra.local.function_logs import Entry, Fields

COLORS: Final = ("cyan", "magenta", "blue", "green", "yellow", "bright_cyan", "bright_magenta")
LEVELS: Final = {"WARNING": "yellow", "ERROR": "bold red", "CRITICAL": "bold red"}
QUIET: Final = frozenset(
    {
        "environment",
        "event",
        "exception",
        "exception_name",
        "latency_ms",
        "level",
        "message",
        "request_id",
        "service",
        "stack_trace",
        "status",
        "timestamp",
        "trace_id",
        "xray_trace_id",
    }
)
"""Fields that the line shows in a place of their own, or that only machines read."""

NAME_WIDTH: Final = 18
SLOW_MS: Final = 1_000


def short_name(function: str) -> str:
    """`decide-next-step` from `cairn-local-decide-next-step`."""
    return function.split("-", 2)[-1]


def render(entry: Entry) -> Text:
    """An invocation for people."""
    lines = entry.lines or ({"message": "(logged nothing)"},)
    texts = [_line(entry, fields) for fields in lines]
    texts += [Text(f"    {line}", style="dim") for line in _details(entry)]
    return Text("\n").join(texts)


def _line(entry: Entry, fields: Fields) -> Text:
    name = short_name(entry.function)
    level = str(fields.get("level", "INFO"))
    text = Text(entry.at.astimezone().strftime("%H:%M:%S"), style="dim")
    text.append(f" {name:<{NAME_WIDTH}}", style=COLORS[sum(name.encode()) % len(COLORS)])
    said = fields.get("event") or fields.get("message") or ""
    text.append(f" {said}", style=LEVELS.get(level, ""))
    if (status := fields.get("status")) is not None:
        text.append(f" {status}", style="green" if str(status) < "400" else "red")
    text.append(f" {entry.duration_ms:.0f} ms", style="" if entry.duration_ms < SLOW_MS else "red")
    for key, value in fields.items():
        if key not in QUIET and value is not None:
            text.append(f" {key}=", style="dim").append(str(value))
    return text


def _details(entry: Entry) -> Iterable[str]:
    for fields in entry.lines:
        yield from str(fields.get("exception") or "").splitlines()
    yield from entry.text
