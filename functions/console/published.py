"""What is published in a workspace, as far as metrics are told by it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from cairn.configuration.model import Document, Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.llm.documents import ModelsDocument
from cairn.metrics.documents import TelemetryDocument


class StepName(BaseModel):
    """A step of a flow."""

    id: str


class FlowSteps(BaseModel):
    """A flow of any surface, as far as its steps go."""

    steps: tuple[StepName, ...] = ()
    order: tuple[str, ...] = ()


class Published:
    """The documents of all workspaces, each read once per content."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._telemetry = Compiled(Kind.TELEMETRY, _telemetry)
        self._flows = Compiled(Kind.FLOW, _steps)
        self._models = Compiled(Kind.MODELS, _models)

    def dimensions(self, workspace: str) -> Sequence[str]:
        """The names of the declared dimensions, in the order of the document."""
        documents = self._telemetry.of(self._snapshots.current(workspace))
        return [each.name for document in documents.values() for each in document.dimensions]

    def segments(self, workspace: str) -> frozenset[str]:
        """The names of the declared dimensions by whose values everything is counted once more."""
        documents = self._telemetry.of(self._snapshots.current(workspace))
        return frozenset(
            each.name
            for document in documents.values()
            for each in document.dimensions
            if each.segments
        )

    def flows(self, workspace: str) -> Mapping[str, Sequence[str]]:
        """The published flows by name, each with its steps in their order."""
        found = self._flows.of(self._snapshots.current(workspace))
        return {name: found[name] for name in sorted(found)}

    def models(self, workspace: str) -> Sequence[ModelsDocument]:
        """Which models are asked, by the name of their document; none where nobody is."""
        found = self._models.of(self._snapshots.current(workspace))
        return [found[name] for name in sorted(found)]


def _telemetry(document: Document) -> TelemetryDocument:
    return TelemetryDocument.model_validate_json(document.body)


def _steps(document: Document) -> Sequence[str]:
    flow = FlowSteps.model_validate_json(document.body)
    return flow.order or tuple(each.id for each in flow.steps)


def _models(document: Document) -> ModelsDocument:
    return ModelsDocument.model_validate_json(document.body)
