"""Turns a flag's document into what evaluation needs, once per published content."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Test, always
from cairn.conditions.paths import Reader, reader
from cairn.flags.bucketing import Range, bucket_ranges, fnv1a32
from cairn.flags.model import TARGETING_KEY, FlagDocument, RuleDocument


@dataclass(frozen=True, slots=True)
class Variation:
    """A named value."""

    name: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Placement:
    """How a rule places subjects by hashing.

    Attributes:
        read: gives the attribute that identifies a subject.
        by_targeting_key: whether that attribute is OpenFeature's targeting key.
        seed_hash: the seed's hash.
        ranges: one for each of the rule's variations.
    """

    read: Reader
    by_targeting_key: bool
    seed_hash: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule; without a placement it serves its one variation to all it concerns."""

    id: str
    concerns: Test
    variations: tuple[Variation, ...]
    placement: Placement | None


@dataclass(frozen=True, slots=True)
class Flag:
    """A compiled flag."""

    id: str
    version: int
    enabled: bool
    default: Variation
    rules: tuple[Rule, ...]


def compile_flag(document: FlagDocument, version: int) -> Flag:
    """Compiles a checked document (see `check_flag`).

    Conditions compile leniently: what this version of the code cannot read concerns nobody.

    Args:
        document: the flag as it was published.
        version: the document's version.
    """
    variations = {name: Variation(name, value) for name, value in _values(document).items()}
    return Flag(
        id=document.id,
        version=version,
        enabled=document.enabled,
        default=variations[document.default],
        rules=tuple(_rule(rule, document.id, variations) for rule in document.rules),
    )


def _values(document: FlagDocument) -> Mapping[str, JsonValue]:
    """A number flag with one fraction among its values gives fractions only, for typed clients."""
    values = document.values
    if document.type != "number" or not any(isinstance(value, float) for value in values.values()):
        return values
    return {
        name: float(value) if isinstance(value, int) else value for name, value in values.items()
    }


def _rule(rule: RuleDocument, flag_id: str, variations: Mapping[str, Variation]) -> Rule:
    weights = rule.split if rule.split is not None else {str(rule.variation): 1.0}
    placed = rule.split is not None or rule.coverage < 1
    return Rule(
        id=rule.id,
        concerns=_concerns(rule),
        variations=tuple(variations[name] for name in weights),
        placement=_placement(rule, flag_id, list(weights.values())) if placed else None,
    )


def _concerns(rule: RuleDocument) -> Test:
    return compile_condition(dict(rule.when), strict=False).matches if rule.when else always


def _placement(rule: RuleDocument, flag_id: str, weights: list[float]) -> Placement:
    return Placement(
        read=reader(rule.by),
        by_targeting_key=rule.by == TARGETING_KEY,
        seed_hash=fnv1a32(flag_id if rule.seed is None else rule.seed),
        ranges=tuple(bucket_ranges(len(weights), rule.coverage, weights)),
    )
