"""How good decisions are: how sure, how complete, and how visitors liked them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cairn.metrics.breakdown import Segment, groups_in, parts
from cairn.metrics.measures import FIRST_PASS, REFINED, UNRATED
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import MICRO, MILLI, mean_ms, ratio
from cairn.metrics.series import flow


@dataclass(frozen=True, slots=True)
class FlowQuality:
    """How good the decisions of a flow were.

    Attributes:
        segment: the value of the dimension that the answer is split by; null where it is not.
        sources: the share of decisions by what made them, such as `rules` or `fallback`.
        confidence: the mean confidence of decisions that have one, 0 to 1.
        fallback_rate: decided by the fallback, of all decisions, 0 to 1.
        degraded_rate: decided with less because something was down, of all decisions, 0 to 1.
        completion_rate: sessions that completed the flow, of those that started it.
        fields_per_completion: fields that a session which completed was shown, on the average.
        avg_completion_ms: the mean time from start to completion.
        first_pass_rate: right at once, of those of which the sender says so or not, 0 to 1.
        refined_rate: changed afterwards, of those of which the sender says so or not, 0 to 1.
        feedback: scores that were given.
        score: their mean, on the scale of whoever gave them.
    """

    segment: str | None
    flow: str
    decisions: int
    sources: Mapping[str, float]
    confidence: float | None
    fallback_rate: float | None
    degraded_rate: float | None
    completion_rate: float | None
    fields_per_completion: float | None
    avg_completion_ms: float | None
    first_pass_rate: float | None
    refined_rate: float | None
    feedback: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality over a window, by flow."""

    flows: tuple[FlowQuality, ...]


def wanted(flows: Sequence[str], by: Segment | None) -> Wanted:
    """What it is made of."""
    return Wanted(tuple(group for each in flows for group in groups_in(flow(each), by)))


def quality(found: Found, flows: Sequence[str], by: Segment | None) -> Quality:
    """The quality of each flow's decisions."""
    return Quality(tuple(_flows(found, flows, by)))


def _flows(found: Found, flows: Sequence[str], by: Segment | None) -> Iterator[FlowQuality]:
    for name in flows:
        for segment, its in parts(found, flow(name), by).items():
            yield _flow(segment, name, its)


def _flow(segment: str | None, name: str, its: Counters) -> FlowQuality:
    decisions, completed = its.get("decisions", 0), its.get("completed", 0)
    feedback = its.get("feedback", 0)
    rated = decisions - its.get(UNRATED, 0)
    return FlowQuality(
        segment=segment,
        flow=name,
        decisions=decisions,
        sources=_sources(its, decisions),
        confidence=ratio(its.get("confidence_ppm", 0), rated * MICRO),
        fallback_rate=ratio(its.get("source.fallback", 0), decisions),
        degraded_rate=ratio(its.get("degraded", 0), decisions),
        completion_rate=ratio(completed, its.get("started", 0)),
        fields_per_completion=ratio(its.get("fields_to_completion", 0), completed),
        avg_completion_ms=mean_ms(its.get("us_to_completion", 0), completed),
        first_pass_rate=_judged(FIRST_PASS, its),
        refined_rate=_judged(REFINED, its),
        feedback=feedback,
        score=ratio(its.get("score_milli", 0), feedback * MILLI),
    )


def _judged(verdict: str, its: Counters) -> float | None:
    return ratio(its.get(verdict, 0), its.get(FIRST_PASS, 0) + its.get(REFINED, 0))


def _sources(its: Counters, decisions: int) -> dict[str, float]:
    prefix = "source."
    return {
        name.removeprefix(prefix): share
        for name, count in sorted(its.items())
        if name.startswith(prefix) and (share := ratio(count, decisions)) is not None
    }
