"""What did not have to be decided, or read, anew: hit rates by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cairn.metrics.breakdown import Segment, groups_in, parts, under_names
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import ratio
from cairn.metrics.series import MODELS, flow


@dataclass(frozen=True, slots=True)
class PlanHits:
    """How the decisions of a flow were found in the plan cache.

    Attributes:
        segment: the value of the dimension that the answer is split by; null where it is not.
        l1: found in the process that decided.
        l2: found in the cache that all processes share.
        misses: decided anew.
        hit_rate: found in either, of all decisions, 0 to 1.
        l1_rate: found in the process, of all decisions.
        l2_rate: found in the shared cache, of those that the process did not have.
    """

    segment: str | None
    flow: str
    decisions: int
    l1: int
    l2: int
    misses: int
    hit_rate: float | None
    l1_rate: float | None
    l2_rate: float | None


@dataclass(frozen=True, slots=True)
class PromptHits:
    """How much of its input a model had in its provider's prompt cache.

    Attributes:
        model: the provider and, after a slash, its model.
        input_tokens: everything that was sent.
        cached_tokens: what was read from the prompt cache.
        written_tokens: what was written to it.
        hit_rate: cached of all input, 0 to 1.
    """

    segment: str | None
    model: str
    input_tokens: int
    cached_tokens: int
    written_tokens: int
    hit_rate: float | None


@dataclass(frozen=True, slots=True)
class Caching:
    """Caches over a window.

    Attributes:
        plans: per flow.
        prompts: per model.
    """

    plans: tuple[PlanHits, ...]
    prompts: tuple[PromptHits, ...]


def wanted(flows: Sequence[str], by: Segment | None) -> Wanted:
    """What it is made of."""
    whole = (MODELS, *map(flow, flows))
    return Wanted(tuple(group for each in whole for group in groups_in(each, by)))


def caching(found: Found, flows: Sequence[str], by: Segment | None) -> Caching:
    """The hit rates of plans by flow, and of prompts by model."""
    return Caching(tuple(_plans(found, flows, by)), tuple(_prompts(found, by)))


def hits(counters: Counters) -> int:
    """Decisions of a flow that either layer had."""
    return counters.get("cache.L1", 0) + counters.get("cache.L2", 0)


def _plans(found: Found, flows: Sequence[str], by: Segment | None) -> Iterator[PlanHits]:
    for name in flows:
        counted = parts(found, flow(name), by)
        yield from (_plan(segment, name, each) for segment, each in counted.items())


def _plan(segment: str | None, name: str, counters: Counters) -> PlanHits:
    decisions = counters.get("decisions", 0)
    l1, l2 = counters.get("cache.L1", 0), counters.get("cache.L2", 0)
    return PlanHits(
        segment=segment,
        flow=name,
        decisions=decisions,
        l1=l1,
        l2=l2,
        misses=decisions - l1 - l2,
        hit_rate=ratio(l1 + l2, decisions),
        l1_rate=ratio(l1, decisions),
        l2_rate=ratio(l2, decisions - l1),
    )


def _prompts(found: Found, by: Segment | None) -> Iterator[PromptHits]:
    for segment, counters in parts(found, MODELS, by).items():
        for model, its in under_names(counters).items():
            yield _prompt(segment, model, its)


def _prompt(segment: str | None, model: str, its: Mapping[str, int]) -> PromptHits:
    cached, written = its.get("cached", 0), its.get("written", 0)
    read = its.get("uncached", 0) + cached + written
    return PromptHits(segment, model, read, cached, written, ratio(cached, read))
