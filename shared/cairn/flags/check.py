"""What a flag's document must fulfil beyond its shape, before it may be published."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError
from cairn.flags.model import FlagDocument, FlagType, RuleDocument
from cairn.platform.errors import Violation

WEIGHT_SUM_TOLERANCE: Final = 0.001
"""How far the weights of a split may be from 1 in all, for thirds written as decimals."""

_PYTHON_TYPES: Final[Mapping[FlagType, tuple[type, ...]]] = {
    "boolean": (bool,),
    "string": (str,),
    "number": (int, float),
    "json": (dict, list),
}


def check_flag(flag: FlagDocument) -> list[Violation]:
    """Every broken rule, with JSON pointers into the document; none where it can be published."""
    return [*_of_variations(flag), *_of_rule_ids(flag), *_of_rules(flag)]


def _of_variations(flag: FlagDocument) -> Iterator[Violation]:
    if not flag.values:
        yield _violation("/variations", "no_variations", "a flag needs variations")
    for name, value in flag.values.items():
        if not _fits(value, flag.type):
            yield _violation(f"/variations/{name}", "wrong_type", f"this is no {flag.type}")
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
        yield from _of_condition(rule, at)


def _of_outcome(flag: FlagDocument, rule: RuleDocument, at: str) -> Iterator[Violation]:
    if (rule.variation is None) == (rule.split is None):
        yield _violation(at, "no_single_outcome", "a rule has either a variation or a split")
    if rule.variation is not None:
        yield from _unknown(flag, f"{at}/variation", [rule.variation])
    if rule.split is not None:
        yield from _unknown(flag, f"{at}/split", rule.split)
        if abs(sum(rule.split.values()) - 1) > WEIGHT_SUM_TOLERANCE:
            yield _violation(f"{at}/split", "weights", "the weights of a split add up to 1")


def _of_condition(rule: RuleDocument, at: str) -> Iterator[Violation]:
    try:
        compile_condition(rule.when if rule.when is not None else {})
    except ConditionError as error:
        for each in error.violations:
            yield Violation(f"{at}/when{each.pointer}", each.code, each.detail)


def _unknown(flag: FlagDocument, at: str, names: Iterable[str]) -> Iterator[Violation]:
    for name in names:
        if name not in flag.values:
            yield _violation(at, "unknown_variation", f"there is no variation {name!r}")


def _fits(value: JsonValue, kind: FlagType) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _PYTHON_TYPES[kind])


def _violation(at: str, code: str, detail: str) -> Violation:
    return Violation(at, f"flag.{code}", detail)
