"""What flags and segments must fulfil beyond their shape, before they may be published."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError
from cairn.flags.documents import (
    FlagDocument,
    FlagType,
    PrerequisiteDocument,
    RuleDocument,
    SegmentDocument,
)
from cairn.flags.segments import named_in, without_references
from cairn.platform.errors import Violation
from cairn.platform.json_numbers import UNHELD, unheld

WEIGHT_SUM_TOLERANCE: Final = 0.001
"""How far the weights of a split may be from 1 in all, for thirds written as decimals."""

LEAST_VARIATIONS: Final = 2

_PYTHON_TYPES: Final[Mapping[FlagType, tuple[type, ...]]] = {
    "boolean": (bool,),
    "string": (str,),
    "number": (int, float),
    "json": (dict, list),
}


def check_flag(flag: FlagDocument) -> list[Violation]:
    """Every broken rule, with JSON pointers into the document; none where it can be published.

    What it says of other documents is for `check_together`.
    """
    return [
        *_of_variations(flag),
        *_of_rule_ids(flag),
        *_of_prerequisites(flag.prerequisites, ""),
        *_of_rules(flag),
    ]


def check_segment(segment: SegmentDocument) -> list[Violation]:
    """The same of a segment."""
    return [*_of_segment(segment)]


def _of_variations(flag: FlagDocument) -> Iterator[Violation]:
    if not flag.values:
        yield _violation("/variations", "no_variations", "a flag needs variations")
    for name, value in flag.values.items():
        if not _fits(value, flag.type):
            yield _violation(
                f"/variations/{name}", "wrong_type", f"this is not of the type {flag.type}"
            )
    for at in unheld(dict(flag.variations), "/variations"):
        yield _violation(at, "number_range", UNHELD)
    yield from _unknown(flag, "/default", [flag.default])


def _of_rule_ids(flag: FlagDocument) -> Iterator[Violation]:
    counts = Counter(rule.id for rule in flag.rules)
    for index, rule in enumerate(flag.rules):
        if counts[rule.id] > 1:
            detail = f"several rules have the id {rule.id!r}"
            yield _violation(f"/rules/{index}/id", "repeated_id", detail)


def _of_rules(flag: FlagDocument) -> Iterator[Violation]:
    for index, rule in enumerate(flag.rules):
        at = f"/rules/{index}"
        yield from _of_outcome(flag, rule, at)
        yield from _of_prerequisites(rule.prerequisites, at)
        yield from _of_condition(rule.when, f"{at}/when")
        for check in _RULE_CHECKS:
            yield from check(rule, at)


def _of_outcome(flag: FlagDocument, rule: RuleDocument, at: str) -> Iterator[Violation]:
    if (rule.variation is None) == (rule.split is None):
        yield _violation(at, "no_single_outcome", "a rule has either a variation or a split")
    if rule.variation is not None:
        yield from _unknown(flag, f"{at}/variation", [rule.variation])
    if rule.split is not None:
        yield from _unknown(flag, f"{at}/split", rule.split)
        if abs(sum(rule.split.values()) - 1) > WEIGHT_SUM_TOLERANCE:
            yield _violation(f"{at}/split", "weights", "the weights of a split must add up to 1")


def _of_experiment(rule: RuleDocument, at: str) -> Iterator[Violation]:
    if rule.experiment is None:
        for name in ("holdout", "sticky"):
            if getattr(rule, name):
                detail = f"{name} is only for the split of an experiment"
                yield _violation(f"{at}/{name}", "no_experiment", detail)
    elif rule.split is None or len(rule.split) < LEAST_VARIATIONS:
        detail = "an experiment splits between at least two variations"
        yield _violation(f"{at}/experiment", "no_split", detail)
    if rule.experiment and rule.fallback_by and not rule.sticky and not _gives_one(rule):
        detail = "without sticky, subjects would change their variation with their attribute"
        yield _violation(f"{at}/fallback_by", "not_sticky", detail)


def _gives_one(rule: RuleDocument) -> bool:
    """Whether all subjects get the same, as they do after a rollback."""
    placed = rule.coverage < 1 or rule.ramp or rule.ranges
    return not placed and 1 in (rule.split or {}).values()


def _of_names(rule: RuleDocument, at: str) -> Iterator[Violation]:
    """Holdouts and ranges speak of the split's own variations."""
    split = rule.split or {}
    for name, named in (("holdout", rule.holdout), ("ranges", rule.ranges or ())):
        for each in named:
            if each not in split:
                yield _violation(f"{at}/{name}", "not_split", f"the split has no {each!r}")


def _of_bucket_versions(rule: RuleDocument, at: str) -> Iterator[Violation]:
    if rule.min_bucket_version > rule.bucket_version:
        detail = "the lowest bucket version may not exceed the current one"
        yield _violation(f"{at}/min_bucket_version", "bucket_version", detail)


def _of_spans(rule: RuleDocument, at: str) -> Iterator[Violation]:
    spans = {f"/ranges/{name}": span for name, span in (rule.ranges or {}).items()}
    if rule.namespace is not None:
        spans["/namespace"] = (rule.namespace.starts, rule.namespace.ends)
    for index, each in enumerate(rule.filters):
        spans |= {f"/filters/{index}/ranges/{nth}": span for nth, span in enumerate(each.ranges)}
    for place, (start, end) in spans.items():
        if start >= end:
            yield _violation(f"{at}{place}", "empty_span", "a range must end after it begins")


def _of_schedule(rule: RuleDocument, at: str) -> Iterator[Violation]:
    if rule.starts is not None and rule.until is not None and rule.starts >= rule.until:
        yield _violation(f"{at}/until", "empty_schedule", "a rule must end after it begins")
    if any(one.at >= other.at for one, other in pairwise(rule.ramp)):
        yield _violation(
            f"{at}/ramp", "unordered_ramp", "the steps of a ramp must be in the order of time"
        )
    if rule.ramp and "coverage" not in rule.model_fields_set:
        detail = "a ramp needs the coverage that it starts from"
        yield _violation(f"{at}/coverage", "no_first_coverage", detail)
    if rule.ramp and rule.ranges is not None:
        yield _violation(f"{at}/ramp", "ramp_of_ranges", "ranges have no coverage that could grow")


_RULE_CHECKS: Final[tuple[Callable[[RuleDocument, str], Iterator[Violation]], ...]] = (
    _of_experiment,
    _of_names,
    _of_bucket_versions,
    _of_spans,
    _of_schedule,
)


def _of_prerequisites(
    prerequisites: Iterable[PrerequisiteDocument], at: str
) -> Iterator[Violation]:
    for index, each in enumerate(prerequisites):
        yield from _of_condition(each.when, f"{at}/prerequisites/{index}/when")


def _of_condition(condition: Mapping[str, JsonValue] | None, at: str) -> Iterator[Violation]:
    """Any segment that is named counts as existing."""
    document: JsonValue = dict(condition or {})
    try:
        groups = {name: () for _, name in named_in(document)}
        compile_condition(without_references(document), groups=groups)
    except ConditionError as error:
        for each in error.violations:
            yield Violation(f"{at}{each.pointer}", each.code, each.detail)


def _of_segment(segment: SegmentDocument) -> Iterator[Violation]:
    if (segment.members is None) == (segment.when is None):
        yield Violation("", "segment.no_single_meaning", "a segment has either members or when")
    for at in unheld(list(segment.members or ()), "/members"):
        yield Violation(at, "segment.number_range", UNHELD)
    broken = list(_of_condition(segment.when, "/when"))
    for pointer, name in [] if broken else named_in(dict(segment.when or {})):
        detail = f"a segment cannot name another, such as {name!r}"
        broken.append(Violation(f"/when{pointer}", "segment.nested", detail))
    yield from broken


def _unknown(flag: FlagDocument, at: str, names: Iterable[str]) -> Iterator[Violation]:
    for name in names:
        if name not in flag.values:
            yield _violation(at, "unknown_variation", f"there is no variation {name!r}")


def _fits(value: JsonValue, kind: FlagType) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _PYTHON_TYPES[kind])


def _violation(at: str, code: str, detail: str) -> Violation:
    return Violation(at, f"flag.{code}", detail)
