"""Published alert rules, ready to be evaluated; compiled once per content."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import ValidationError

from cairn.alerts.evaluate import Rule
from cairn.alerts.model import AlertDocument
from cairn.conditions.compile import compile_condition
from cairn.configuration.model import Document, Kind
from cairn.configuration.snapshots import Compiled, Snapshots


class Workspaces(Protocol):
    """Knows who ever published something."""

    def workspaces(self) -> Sequence[str]:
        """Every workspace."""
        ...


class PublishedRules:
    """The rules of every workspace."""

    def __init__(self, registry: Workspaces, snapshots: Snapshots) -> None:
        self._registry = registry
        self._snapshots = snapshots
        self._compiled = Compiled(Kind.ALERT, compiled_rule)

    def workspaces(self) -> Sequence[str]:
        """Every workspace."""
        return self._registry.workspaces()

    def rules(self, workspace: str) -> Mapping[str, Rule | ValidationError]:
        """The rules of a workspace by their id; in the place of an unreadable one, why."""
        return self._compiled.of(self._snapshots.current(workspace))


def compiled_rule(document: Document) -> Rule | ValidationError:
    """The rule in a document, or why it is none: one bad document must not silence the others."""
    try:
        written = AlertDocument.model_validate_json(document.body)
    except ValidationError as error:
        return error
    return Rule(written, compile_condition(written.when).matches)
