"""Experiments as they are published, each with the documents that it speaks of."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel, ValidationError

from cairn.configuration.model import Document, Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.experiments.check import rule_of
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.serving import flag_of_flow
from cairn.flags.documents import FlagDocument, RuleDocument

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PublishedExperiment:
    """An experiment and what it speaks of.

    Attributes:
        version: of its document.
        metrics: those that it names and that are published, by their id.
        rule: the rule of its flag that splits subjects for it; None where there is none.
        decided: whether decisions serve its variations; otherwise clients tell who saw what.
        at: when its document was published; None where that is not known.
        metrics_at: when each metric was, of those of which it is known.
    """

    document: ExperimentDocument
    version: int
    metrics: Mapping[str, MetricDocument]
    rule: RuleDocument | None
    decided: bool
    at: datetime | None
    metrics_at: Mapping[str, datetime]

    @property
    def missing(self) -> list[str]:
        """The metrics that it names and that are not published."""
        return [name for name in self.document.measured if name not in self.metrics]


@dataclass(frozen=True, slots=True)
class _Read[Model: BaseModel]:
    """A document that could be read, its version, and when that was published."""

    model: Model
    version: int
    at: datetime | None


class PublishedExperiments:
    """The experiments of all workspaces, each document read once per content.

    One that this version of the code cannot read is not there.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._experiments = Compiled(Kind.EXPERIMENT, _reading(ExperimentDocument))
        self._metrics = Compiled(Kind.METRIC, _reading(MetricDocument))
        self._flags = Compiled(Kind.FLAG, _reading(FlagDocument))
        self._deciding = Compiled(Kind.FLOW, flag_of_flow)

    def of(self, workspace: str) -> Mapping[str, PublishedExperiment]:
        """The experiments of a workspace as they are published now, by their id.

        Raises:
            StoreUnavailable: the configuration cannot be read.
        """
        snapshot = self._snapshots.current(workspace)
        metrics = {name: each for name, each in self._metrics.of(snapshot).items() if each}
        flags = {name: each.model for name, each in self._flags.of(snapshot).items() if each}
        deciding = frozenset(self._deciding.of(snapshot).values())
        return {
            name: _planned(each, metrics, flags, deciding)
            for name, each in sorted(self._experiments.of(snapshot).items())
            if each
        }


def _planned(
    read: _Read[ExperimentDocument],
    metrics: Mapping[str, _Read[MetricDocument]],
    flags: Mapping[str, FlagDocument],
    deciding: AbstractSet[str | None],
) -> PublishedExperiment:
    experiment = read.model
    known = {name: metrics[name] for name in experiment.measured if name in metrics}
    flag = flags.get(experiment.flag)
    return PublishedExperiment(
        document=experiment,
        version=read.version,
        metrics={name: each.model for name, each in known.items()},
        rule=rule_of(experiment, flag) if flag else None,
        decided=experiment.flag in deciding,
        at=read.at,
        metrics_at={name: each.at for name, each in known.items() if each.at is not None},
    )


def _reading[Model: BaseModel](model: type[Model]) -> Callable[[Document], _Read[Model] | None]:
    def read(document: Document) -> _Read[Model] | None:
        try:
            read = model.model_validate_json(document.body)
            return _Read(read, document.version, _published(document))
        except ValidationError:
            return None

    return read


def _published(document: Document) -> datetime | None:
    return None if document.at_ms is None else EPOCH + timedelta(milliseconds=document.at_ms)
