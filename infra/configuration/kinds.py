"""Which model says what a document of a kind looks like; loaded when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel

from cairn.configuration.model import Kind
from cairn.platform.errors import Violation

type Rules = Callable[[Any], Sequence[Violation]]  # Any: the kind's own model


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a kind is described.

    Attributes:
        module: the module of its model.
        model: the model's name there.
        rules: module and name of what must hold beyond the model, if anything does.
    """

    module: str
    model: str
    rules: tuple[str, str] | None = None


ORIGINS: Final[Mapping[Kind, Origin]] = {
    Kind.FLOW: Origin("cairn.decisions.surfaces.form.flow", "FlowDocument"),
    Kind.FLAG: Origin(
        "cairn.flags.documents", "FlagDocument", rules=("cairn.flags.check", "check_flag")
    ),
    Kind.SEGMENT: Origin(
        "cairn.flags.documents", "SegmentDocument", rules=("cairn.flags.check", "check_segment")
    ),
    Kind.ALERT: Origin("cairn.alerts.model", "AlertDocument"),
    Kind.TELEMETRY: Origin("cairn.metrics.documents", "TelemetryDocument"),
    Kind.PROMPT: Origin("cairn.decisions.prompts", "PromptDocument"),
    Kind.MODELS: Origin("cairn.llm.documents", "ModelsDocument"),
    Kind.METRIC: Origin(
        "cairn.experiments.model",
        "MetricDocument",
        rules=("cairn.experiments.check", "check_metric"),
    ),
    Kind.EXPERIMENT: Origin(
        "cairn.experiments.model",
        "ExperimentDocument",
        rules=("cairn.experiments.check", "check_experiment"),
    ),
}


def model_of(kind: Kind) -> type[BaseModel]:
    """The model of a kind's documents."""
    origin = ORIGINS[kind]
    model: type[BaseModel] = getattr(import_module(origin.module), origin.model)
    return model


def rules_of(kind: Kind) -> Rules:
    """What must hold of a kind's documents beyond their model."""
    named = ORIGINS[kind].rules
    if named is None:
        return _no_rules
    module, function = named
    rules: Rules = getattr(import_module(module), function)
    return rules


def _no_rules(_: object) -> Sequence[Violation]:
    return ()
