"""How a publication looks on a terminal: each document, then its keys."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from cairn.configuration.differences import Difference
    from infra.configuration.apply import Applied, DocumentChange

COLOURS = {"+": "green", "-": "red", "~": "yellow", "=": "cyan"}
SIGNS = {"add": "+", "change": "~", "remove": "-", "keep": "="}
VALUE_CHARS = 72


def show(applied: "Applied", console: Console, *, dry_run: bool) -> None:
    """Prints what was published, or would be."""
    for change in (*applied.changes, *applied.kept):
        console.print(_headline(change))
        for difference in change.differences:
            console.print(_line(difference))
    console.print(_summary(applied, dry_run=dry_run))


def _headline(change: "DocumentChange") -> Text:
    sign = SIGNS[change.action]
    versions = {
        "add": f"new, version {change.after}",
        "change": f"version {change.before} → {change.after}",
        "remove": f"version {change.before}, removed",
        "keep": f"version {change.before}, kept: the API changed it, and the files did not",
    }
    return Text(f"{sign} {change.address}  {versions[change.action]}", style=COLOURS[sign])


def _line(difference: "Difference") -> Text:
    before, after = (_short(each) for each in (difference.before, difference.after))
    told = {"+": after, "-": before, "~": f"{before} → {after}"}[difference.sign]
    where = f"{difference.pointer} (order)" if difference.reordered else difference.pointer
    return Text(f"    {difference.sign} {where}: {told}", COLOURS[difference.sign])


def _short(value: str | None) -> str:
    text = value or ""
    return text if len(text) <= VALUE_CHARS else f"{text[: VALUE_CHARS - 1]}…"


def _summary(applied: "Applied", *, dry_run: bool) -> str:
    release, where = applied.release, f"workspace {applied.release.workspace}"
    changes = _counted(len(applied.changes), "change")
    if not applied.changes and applied.published:
        return f"Published release {release.version} of {where}: files and API agree again."
    if not applied.changes:
        documents = _counted(applied.documents, "document")
        return f"Nothing changes: release {release.version} of {where} holds all {documents}."
    if dry_run:
        return f"Dry run: {changes}, nothing was published in {where}."
    return f"Published release {release.version} of {where}: {changes}."


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
