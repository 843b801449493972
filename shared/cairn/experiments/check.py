"""What metrics and experiments must fulfil beyond their shape, by themselves and together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError
from cairn.events.registry import known
from cairn.experiments.contribution import EXPOSED
from cairn.experiments.following import most_of
from cairn.experiments.item_size import too_many, too_wide
from cairn.experiments.model import (
    LONGEST_RUN,
    MEASURED,
    RUNNING,
    VARIATIONS,
    ExperimentDocument,
    Measure,
    MetricDocument,
)
from cairn.experiments.status import closing_of
from cairn.flags.documents import FlagDocument, RuleDocument
from cairn.platform.errors import Violation


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is published beside an experiment.

    Attributes:
        flags: by their id.
        metrics: by their id.
        dimensions: of the telemetry document.
        deciding: the flags by which flows vary, so that decisions serve their variations.
    """

    flags: Mapping[str, FlagDocument] = field(default_factory=dict)
    metrics: Mapping[str, MetricDocument] = field(default_factory=dict)
    dimensions: frozenset[str] = frozenset()
    deciding: frozenset[str] = frozenset()


def check_metric(metric: MetricDocument) -> list[Violation]:
    """Every broken rule of a metric by itself, with JSON pointers into the document."""
    return [*_of_id(metric), *_measured(metric, "", "metric"), *_of_type(metric)]


def check_experiment(experiment: ExperimentDocument) -> list[Violation]:
    """Every broken rule of an experiment by itself, with JSON pointers into the document."""
    return [*_of_names(experiment), *_of_times(experiment)]


def check_surroundings(
    experiment: ExperimentDocument, surroundings: Surroundings
) -> list[Violation]:
    """Every place where an experiment speaks of something that is not published beside it."""
    return [
        *_of_flag(experiment, surroundings.flags),
        *_of_metrics(experiment, surroundings.metrics),
        *_of_dimensions(experiment, surroundings.dimensions),
        *_of_width(experiment, surroundings),
        *_of_rollback(experiment, surroundings.deciding),
    ]


def crowded(
    experiments: Sequence[ExperimentDocument], metrics: Mapping[str, MetricDocument]
) -> list[ExperimentDocument]:
    """Those that begin while as many as may go on at the same time do so already."""
    runs = sorted(
        (each.started, closes, place)
        for place, each in enumerate(experiments)
        if each.started is not None and (closes := closing_of(each, metrics)) is not None
    )
    found = []
    for number, (begins, _, place) in enumerate(runs):
        if sum(closes > begins for _, closes, _ in runs[:number]) >= RUNNING:
            found.append(experiments[place])
    return found


def _measured(measure: Measure, at: str, kind: str) -> Iterator[Violation]:
    if not known(measure.event):
        yield Violation(f"{at}/event", f"{kind}.unknown_event", "there is no such type of events")
    try:
        compile_condition(dict(measure.where))
    except ConditionError as error:
        for each in error.violations:
            yield Violation(f"{at}/where{each.pointer}", each.code, each.detail)


def _of_id(metric: MetricDocument) -> Iterator[Violation]:
    if metric.id == EXPOSED:
        detail = "this name is reserved: arms count their subjects under it"
        yield Violation("/id", "metric.reserved_id", detail)


def _of_type(metric: MetricDocument) -> Iterator[Violation]:
    ratio = metric.type == "ratio"
    if ratio != (metric.denominator is not None):
        wanted = "a ratio needs a denominator" if ratio else "only a ratio has a denominator"
        yield Violation("/denominator", "metric.denominator", wanted)
    if metric.denominator is not None:
        yield from _measured(metric.denominator, "/denominator", "metric")
    most = most_of(metric.type)
    if metric.cap is not None and metric.cap > most:
        detail = f"a cap is at most {most:.0f}"
        yield Violation("/cap", "metric.cap", detail)
    if metric.type == "proportion":
        for name in ("value", "cap"):
            if getattr(metric, name) is not None:
                detail = f"a proportion has no {name}: a subject either does it or not"
                yield Violation(f"/{name}", f"metric.{name}", detail)


def _of_names(experiment: ExperimentDocument) -> Iterator[Violation]:
    places = [(f"/metrics/{n}", name) for n, name in enumerate(experiment.metrics)]
    places += [(f"/guardrails/{n}/metric", e.metric) for n, e in enumerate(experiment.guardrails)]
    counts = Counter(name for _, name in places)
    for at, name in places:
        if counts[name] > 1:
            detail = f"the metric {name!r} is given more than once"
            yield Violation(at, "experiment.repeated_metric", detail)
    if len(experiment.measured) > MEASURED:
        detail = f"metrics and guardrails are at most {MEASURED} together"
        yield Violation("/guardrails", "experiment.too_many_metrics", detail)


def _of_times(experiment: ExperimentDocument) -> Iterator[Violation]:
    started, until = experiment.started, experiment.until
    if until is None:
        return
    if started is None:
        yield Violation("/until", "experiment.never_started", "an end needs a start")
    elif until <= started:
        yield Violation("/until", "experiment.ends_first", "it ends before it starts")
    elif until - started > LONGEST_RUN:
        detail = f"an experiment accepts subjects for at most {LONGEST_RUN.days} days"
        yield Violation("/until", "experiment.too_long", detail)


def _of_flag(
    experiment: ExperimentDocument, flags: Mapping[str, FlagDocument]
) -> Iterator[Violation]:
    flag = flags.get(experiment.flag)
    if flag is None:
        yield Violation("/flag", "experiment.unknown_flag", f"there is no flag {experiment.flag!r}")
        return
    split = split_of(experiment, flag)
    if split is None:
        detail = f"no rule of the flag {flag.id!r} names this experiment"
        yield Violation("/flag", "experiment.no_rule", detail)
    elif experiment.control not in split:
        detail = f"the rule does not give the variation {experiment.control!r}"
        yield Violation("/control", "experiment.unknown_control", detail)
    elif not 1 < len(split) <= VARIATIONS:
        detail = f"an experiment compares 2 to {VARIATIONS} variations"
        yield Violation("/flag", "experiment.variations", detail)


def split_of(experiment: ExperimentDocument, flag: FlagDocument) -> Mapping[str, float] | None:
    """The variations of the rule that names an experiment, with their weights; None without one."""
    rule = rule_of(experiment, flag)
    return rule.split if rule else None


def rule_of(experiment: ExperimentDocument, flag: FlagDocument) -> RuleDocument | None:
    """The rule that splits subjects for an experiment."""
    named = (rule for rule in flag.rules if rule.experiment == experiment.id)
    return next((rule for rule in named if rule.split is not None), None)


def _of_metrics(
    experiment: ExperimentDocument, metrics: Mapping[str, MetricDocument]
) -> Iterator[Violation]:
    places = [(f"/metrics/{n}", name) for n, name in enumerate(experiment.metrics)]
    places += [(f"/guardrails/{n}/metric", e.metric) for n, e in enumerate(experiment.guardrails)]
    for at, name in places:
        if name not in metrics:
            yield Violation(at, "experiment.unknown_metric", f"there is no metric {name!r}")


def _of_width(experiment: ExperimentDocument, beside: Surroundings) -> Iterator[Violation]:
    flag = beside.flags.get(experiment.flag)
    split = split_of(experiment, flag) if flag is not None else None
    metrics = [beside.metrics[name] for name in experiment.measured if name in beside.metrics]
    if too_wide(split or {}, metrics):
        detail = "these are more durations of more variations than can be counted"
        yield Violation("/metrics", "experiment.too_wide", detail)
    if too_many(len(experiment.dimensions), metrics):
        detail = "these are more metrics, ratios above all, than can be counted at once"
        yield Violation("/metrics", "experiment.too_many_counters", detail)


def _of_rollback(experiment: ExperimentDocument, deciding: frozenset[str]) -> Iterator[Violation]:
    if experiment.rollback and experiment.flag not in deciding:
        detail = (
            f"no flow varies by {experiment.flag!r}, so clients report who saw what, and could "
            "make up what switches the flag back"
        )
        yield Violation("/rollback", "experiment.told_by_clients", detail)


def _of_dimensions(
    experiment: ExperimentDocument, dimensions: frozenset[str]
) -> Iterator[Violation]:
    for place, name in enumerate(experiment.dimensions):
        if name not in dimensions:
            detail = f"telemetry declares no dimension {name!r}"
            yield Violation(f"/dimensions/{place}", "experiment.unknown_dimension", detail)
