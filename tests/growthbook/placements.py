"""How rules place subjects: seeds, shares, ranges and experiments of the format."""

from cairn.conditions.paths import reader
from cairn.flags.bucketing import Range, bucket_ranges, placer
from cairn.flags.compile import within_namespace
from cairn.flags.compiled import Arm, Decide, Experiment, Placement, Share
from cairn.flags.placing import placing
from cairn.flags.sticky import kept_as
from tests.growthbook.payload import (
    BY,
    Json,
    list_of,
    number_of,
    numbers_of,
    object_of,
    span_of,
)


def place_of(rule: Json, seed: str, arms: tuple[Arm, ...], experiment: Experiment | None) -> Decide:
    """How a rule decides by where the subject lies among its arms."""
    by = str(rule.get("hashAttribute") or BY)
    fallback = rule.get("fallbackAttribute") if experiment is None or experiment.keep else None
    placement = Placement(
        by=by,
        read=reader(by),
        fallback_by=str(fallback or ""),
        fallback=reader(str(fallback)) if fallback else None,
        needed=False,
        place=placer(seed, int(number_of(rule, "hashVersion", 1))),
        within=_within(rule, by),
        arms=arms,
        experiment=experiment,
    )
    return placing(placement)


def experiment_of(rule: Json, key: str, *, sticky: bool) -> Experiment:
    """The experiment that a rule is.

    Args:
        rule: the rule.
        key: the experiment's.
        sticky: whether assignments are kept somewhere.
    """
    if not sticky or rule.get("disableStickyBucketing"):
        return Experiment(key)
    least = int(number_of(rule, "minBucketVersion", 0))
    return Experiment(
        key=key,
        keep=kept_as(key, int(number_of(rule, "bucketVersion", 0))),
        blocked=tuple(kept_as(key, version) for version in range(least)),
    )


def filters_of(rule: Json) -> tuple[Share, ...]:
    """The shares in all of which a subject must lie."""
    return tuple(
        Share(
            read=reader(str(each.get("attribute") or BY)),
            place=placer(str(each.get("seed") or ""), int(number_of(each, "hashVersion", 2))),
            ranges=tuple(map(span_of, list_of(each.get("ranges")))),
        )
        for each in map(object_of, list_of(rule.get("filters")))
    )


def ranges_of(rule: Json, count: int) -> list[Range]:
    """The pieces of the number line of so many variations."""
    if rule.get("ranges"):
        return list(map(span_of, list_of(rule.get("ranges"))))
    weights = numbers_of(rule.get("weights")) or None
    return bucket_ranges(count, number_of(rule, "coverage", 1), weights)


def _within(rule: Json, by: str) -> Share | None:
    match rule.get("namespace"):
        case [str(name), start, end] if not rule.get("filters"):
            return within_namespace(name, by, span_of([start, end]))
        case _:
            return None
