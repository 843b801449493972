"""How an invocation looks on a terminal: one line, and below it what else it printed."""

from collections.abc import Iterable, Sequence
from statistics import median
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
WIDTH: Final = 200
"""Longer values are cut."""

SLOW_MS: Final = 1_000
CROWD: Final = 40
"""More invocations at one look are not shown one by one."""


def short_name(function: str) -> str:
    """`decide-next-step` from `cairn-local-decide-next-step`."""
    return function.split("-", 2)[-1]


def render_all(entries: Sequence[Entry]) -> list[Text]:
    """Invocations for people: one by one, or counted by kind when they are many at once."""
    if len(entries) <= CROWD:
        return [render(entry) for entry in entries]
    kinds: dict[tuple[str, str, str], list[Entry]] = {}
    told = []
    for entry in entries:
        if _is_telling(entry):
            told.append(render(entry))
        else:
            fields = entry.lines[0]
            kind = (entry.function, _said(fields), str(fields.get("status", "")))
            kinds.setdefault(kind, []).append(entry)
    return [_crowd(kind, each) for kind, each in kinds.items()] + told


def render(entry: Entry) -> Text:
    """An invocation for people."""
    lines = entry.lines or ({"message": "(logged nothing)"},)
    texts = [_line(entry, fields) for fields in lines]
    texts += [Text(f"    {line}", style="dim") for line in _details(entry)]
    return Text("\n").join(texts)


def _is_telling(entry: Entry) -> bool:
    return bool(entry.text) or any(line.get("level") != "INFO" for line in entry.lines or ({},))


def _crowd(kind: tuple[str, str, str], entries: Sequence[Entry]) -> Text:
    _, said, status = kind
    text = _head(entries[-1]).append(f" {said} {status}".rstrip())
    middle = median(entry.duration_ms for entry in entries)
    return text.append(f"  {len(entries)} times, median {middle:.0f} ms", style="bold")


def _head(entry: Entry) -> Text:
    name = short_name(entry.function)
    text = Text(entry.at.astimezone().strftime("%H:%M:%S"), style="dim")
    return text.append(f" {name:<{NAME_WIDTH}}", style=COLORS[sum(name.encode()) % len(COLORS)])


def _said(fields: Fields) -> str:
    return _plain(str(fields.get("event") or fields.get("message") or ""))


def _plain(text: str) -> str:
    """Text that does nothing to a terminal: what callers sent may hold control characters."""
    shown = text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


def _line(entry: Entry, fields: Fields) -> Text:
    level = str(fields.get("level", "INFO"))
    text = _head(entry).append(f" {_said(fields)}", style=LEVELS.get(level, ""))
    if (status := fields.get("status")) is not None:
        text.append(f" {status}", style="green" if str(status) < "400" else "red")
    text.append(f" {entry.duration_ms:.0f} ms", style="" if entry.duration_ms < SLOW_MS else "red")
    for key, value in fields.items():
        if key not in QUIET and value not in (None, [], ""):
            text.append(f" {key}=", style="dim").append(_plain(str(value)))
    return text


def _details(entry: Entry) -> Iterable[str]:
    for fields in entry.lines:
        yield from map(_plain, str(fields.get("exception") or "").splitlines())
    yield from map(_plain, entry.text)
