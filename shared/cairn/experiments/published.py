"""Published experiments and metrics in the form that the fold asks."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from pydantic import ValidationError

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError, always
from cairn.configuration.model import Document, Kind, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.experiments.check import split_of
from cairn.experiments.following import (
    DENOMINATOR,
    MICRO,
    NUMERATOR,
    Experiment,
    Following,
    Metric,
    Stream,
    most_of,
)
from cairn.experiments.gathering import Followed
from cairn.experiments.model import ExperimentDocument, Measure, MetricDocument
from cairn.experiments.serving import flag_of_flow
from cairn.flags.documents import FlagDocument
from cairn.metrics import following as port
from cairn.platform.clock import HOUR_MS, epoch_ms


class Followings:
    """What is followed in each workspace, compiled once per release.

    A document that this version of the code cannot read does not sink the others: experiments
    that need it are not followed.
    """

    def __init__(self) -> None:
        self._experiments = Compiled(Kind.EXPERIMENT, _experiment_document)
        self._metrics = Compiled(Kind.METRIC, _metric_document)
        self._flags = Compiled(Kind.FLAG, _flag_document)
        self._deciding = Compiled(Kind.FLOW, flag_of_flow)
        self._kept: dict[str, tuple[Snapshot, port.Following]] = {}

    def of(self, snapshot: Snapshot) -> port.Following:
        """What is followed of a snapshot."""
        kept = self._kept.get(snapshot.workspace)
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        found = self._following(snapshot)
        self._kept[snapshot.workspace] = (snapshot, found)
        return found

    def _following(self, snapshot: Snapshot) -> port.Following:
        experiments = [each for each in self._experiments.of(snapshot).values() if each]
        metrics = {name: each for name, each in self._metrics.of(snapshot).items() if each}
        flags = {name: each for name, each in self._flags.of(snapshot).items() if each}
        deciding = frozenset(each for each in self._deciding.of(snapshot).values() if each)
        found = following(experiments, metrics, flags, deciding)
        return Followed(found) if found.experiments else port.NOTHING_FOLLOWED


def following(
    experiments: Iterable[ExperimentDocument],
    metrics: Mapping[str, MetricDocument],
    flags: Mapping[str, FlagDocument],
    deciding: AbstractSet[str] = frozenset(),
) -> Following:
    """Compiles what is published; an experiment whose rule or metrics are missing is left out.

    Args:
        experiments: as they are published.
        metrics: by id.
        flags: by id.
        deciding: ids of the flags by which flows vary, so that decisions serve their variations.
    """
    followed = {
        each.id: replace(found, decided=each.flag in deciding)
        for each in experiments
        if (found := _experiment(each, metrics, flags.get(each.flag))) is not None
    }
    measured = {metric.id for each in followed.values() for metric in each.metrics}
    streams: dict[str, tuple[Stream, ...]] = {}
    for name in sorted(measured):
        for event, stream in _streams(metrics[name]):
            streams[event] = (*streams.get(event, ()), stream)
    names = frozenset(stream.name for each in streams.values() for stream in each)
    return Following(followed, streams, names)


def _experiment(
    document: ExperimentDocument, metrics: Mapping[str, MetricDocument], flag: FlagDocument | None
) -> Experiment | None:
    split = split_of(document, flag) if flag is not None else None
    known = all(name in metrics for name in document.measured)
    if document.started is None or document.ends is None or split is None or not known:
        return None
    return Experiment(
        id=document.id,
        variations=frozenset(split),
        metrics=tuple(_metric(metrics[name]) for name in document.measured),
        dimensions=document.dimensions,
        starts_ms=epoch_ms(document.started),
        ends_ms=epoch_ms(document.ends),
    )


def _metric(document: MetricDocument) -> Metric:
    return Metric(
        id=document.id,
        type=document.type,
        timed=document.type == "duration" and document.value is None,
        window_ms=round(document.window_hours * HOUR_MS),
        cap=most_of(document.type) * MICRO if document.cap is None else round(document.cap * MICRO),
    )


def _streams(metric: MetricDocument) -> Iterator[tuple[str, Stream]]:
    most = most_of(metric.type)
    yield metric.event, _stream(metric.id + NUMERATOR, metric, most)
    if metric.denominator is not None:
        yield metric.denominator.event, _stream(metric.id + DENOMINATOR, metric.denominator, most)


def _stream(name: str, measure: Measure, most: int) -> Stream:
    concerns = compile_condition(dict(measure.where), strict=False).matches
    return Stream(name, concerns if measure.where else always, measure.value, most)


def _experiment_document(document: Document) -> ExperimentDocument | None:
    try:
        return ExperimentDocument.model_validate_json(document.body)
    except ValidationError:
        return None


def _metric_document(document: Document) -> MetricDocument | None:
    try:
        metric = MetricDocument.model_validate_json(document.body)
        for each in (metric, metric.denominator or metric):
            compile_condition(dict(each.where), strict=False)
    except (ValidationError, ConditionError):
        return None
    return metric


def _flag_document(document: Document) -> FlagDocument | None:
    try:
        return FlagDocument.model_validate_json(document.body)
    except ValidationError:
        return None
