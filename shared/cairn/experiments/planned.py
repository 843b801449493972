"""Experiments as they are published, each with the documents that it speaks of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from cairn.configuration.model import Document, Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.experiments.check import rule_of
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.flags.model import FlagDocument, RuleDocument


@dataclass(frozen=True, slots=True)
class Planned:
    """An experiment and what it speaks of.

    Attributes:
        version: of its document.
        metrics: those that it names and that are published, by their id.
        rule: the rule of its flag that splits subjects for it; None where there is none.
    """

    document: ExperimentDocument
    version: int
    metrics: Mapping[str, MetricDocument]
    rule: RuleDocument | None

    @property
    def missing(self) -> list[str]:
        """The metrics that it names and that are not published."""
        return [name for name in self.document.measured if name not in self.metrics]


@dataclass(frozen=True, slots=True)
class _Read[Model: BaseModel]:
    """A document that could be read, and its version."""

    model: Model
    version: int


class PlannedExperiments:
    """The experiments of all workspaces, each document read once per content.

    One that this version of the code cannot read is not there.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._experiments = Compiled(Kind.EXPERIMENT, _reading(ExperimentDocument))
        self._metrics = Compiled(Kind.METRIC, _reading(MetricDocument))
        self._flags = Compiled(Kind.FLAG, _reading(FlagDocument))

    def of(self, workspace: str) -> Mapping[str, Planned]:
        """The experiments of a workspace as they are published now, by their id.

        Raises:
            StoreUnavailable: the configuration cannot be read.
        """
        snapshot = self._snapshots.current(workspace)
        metrics = {name: each.model for name, each in self._metrics.of(snapshot).items() if each}
        flags = {name: each.model for name, each in self._flags.of(snapshot).items() if each}
        return {
            name: _planned(each, metrics, flags)
            for name, each in sorted(self._experiments.of(snapshot).items())
            if each
        }


def _planned(
    read: _Read[ExperimentDocument],
    metrics: Mapping[str, MetricDocument],
    flags: Mapping[str, FlagDocument],
) -> Planned:
    experiment = read.model
    known = {name: metrics[name] for name in experiment.measured if name in metrics}
    flag = flags.get(experiment.flag)
    rule = rule_of(experiment, flag) if flag else None
    return Planned(experiment, read.version, known, rule)


def _reading[Model: BaseModel](model: type[Model]) -> Callable[[Document], _Read[Model] | None]:
    def read(document: Document) -> _Read[Model] | None:
        try:
            return _Read(model.model_validate_json(document.body), document.version)
        except ValidationError:
            return None

    return read
