"""Turns a flag's document into what evaluation needs, once per published content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import never
from cairn.conditions.paths import reader
from cairn.flags.bucketing import Range, bucket_ranges, placer
from cairn.flags.compiled import (
    Arm,
    Experiment,
    Flag,
    Placement,
    Prerequisite,
    Rule,
    Share,
)
from cairn.flags.documents import FlagDocument, PrerequisiteDocument, RuleDocument
from cairn.flags.model import TARGETING_KEY, Evaluation, Reason
from cairn.flags.placing import placing
from cairn.flags.segments import NO_SEGMENTS, Segments
from cairn.flags.sticky import kept_as

type Parents = Mapping[str, Flag | None]
"""The compiled flags that prerequisites name, by their id; None is one that cannot be looked at,
because it is part of a cycle or too deep."""

NO_PARENTS: Final[Parents] = {}
NOWHERE: Final[Range] = (0.0, 0.0)


def compile_flag(
    document: FlagDocument,
    version: int,
    *,
    parents: Parents = NO_PARENTS,
    segments: Segments = NO_SEGMENTS,
) -> Flag:
    """Compiles a checked document (see `check_flag`) as it is now (see `current`).

    Conditions compile leniently: what this version of the code cannot read concerns nobody.

    Args:
        document: the flag as it was published.
        version: the document's version.
        parents: the compiled flags that its prerequisites name.
        segments: the saved groups that its conditions name.
    """
    return _Compiler(document, version, parents, segments, values_of(document)).flag()


def values_of(document: FlagDocument) -> Mapping[str, JsonValue]:
    """A number flag with one fraction among its values gives fractions only, for typed clients."""
    values = document.values
    if document.type != "number" or not any(isinstance(value, float) for value in values.values()):
        return values
    return {
        name: float(value) if isinstance(value, int) else value for name, value in values.items()
    }


def arms_of(rule: RuleDocument) -> Mapping[str, Range]:
    """Where each variation of a rule begins and ends."""
    weights = rule.split if rule.split is not None else {str(rule.variation): 1.0}
    if rule.ranges is not None:
        return {name: rule.ranges.get(name, NOWHERE) for name in weights}
    ranges = bucket_ranges(len(weights), rule.coverage, list(weights.values()))
    return dict(zip(weights, ranges, strict=True))


def seed_of(rule: RuleDocument, flag: str) -> str:
    """What shuffles a rule's subjects."""
    return rule.seed or rule.experiment or flag


def places(rule: RuleDocument) -> bool:
    """Whether a rule places subjects by hashing, and does not serve all alike."""
    return rule.split is not None or rule.coverage < 1 or rule.ranges is not None


@dataclass(frozen=True, slots=True)
class _Compiler:
    """One flag, on its way."""

    document: FlagDocument
    version: int
    parents: Parents
    segments: Segments
    values: Mapping[str, JsonValue]

    def flag(self) -> Flag:
        document = self.document
        off = self._outcome(document.default, Reason.DISABLED)
        reason = Reason.DEFAULT if document.rules or document.prerequisites else Reason.STATIC
        gate = Rule("", requires=self._requires(document.prerequisites, gate=True))
        rules = (gate, *map(self._rule, document.rules))
        return Flag(
            id=document.id,
            version=self.version,
            rules=rules[0 if gate.requires else 1 :] if document.enabled else (),
            otherwise=self._outcome(document.default, reason) if document.enabled else off,
            closed=off,
        )

    def _rule(self, rule: RuleDocument) -> Rule:
        alone = None if places(rule) else rule.variation
        return Rule(
            id=rule.id,
            concerns=self.segments.test(rule.when) if rule.when else None,
            requires=self._requires(rule.prerequisites, gate=False),
            filters=_filters(rule),
            outcome=self._outcome(alone, Reason.TARGETING_MATCH, rule.id) if alone else None,
            place=placing(self._placement(rule)) if places(rule) else None,
            holdout=frozenset(rule.holdout),
        )

    def _requires(
        self, prerequisites: Sequence[PrerequisiteDocument], *, gate: bool
    ) -> tuple[Prerequisite, ...]:
        return tuple(
            prerequisite(each.flag, each.when, self.parents, gate=gate) for each in prerequisites
        )

    def _placement(self, rule: RuleDocument) -> Placement:
        return Placement(
            by=rule.by,
            read=reader(rule.by),
            fallback_by=rule.fallback_by or "",
            fallback=reader(rule.fallback_by) if rule.fallback_by else None,
            needed=rule.by == TARGETING_KEY,
            place=placer(seed_of(rule, self.document.id), rule.hash_version),
            within=next(iter(_namespace(rule)), None) if rule.experiment else None,
            arms=tuple(
                Arm(start, end, self._outcome(name, Reason.SPLIT, rule.id))
                for name, (start, end) in arms_of(rule).items()
            ),
            experiment=_experiment(rule),
        )

    def _outcome(self, variation: str, reason: Reason, rule_id: str | None = None) -> Evaluation:
        return Evaluation(
            flag=self.document.id,
            value=self.values[variation],
            variant=variation,
            reason=reason,
            rule_id=rule_id,
            flag_version=self.version,
        )


def prerequisite(
    flag: str, when: Mapping[str, JsonValue], parents: Parents, *, gate: bool
) -> Prerequisite:
    """A prerequisite, compiled; one that cannot be looked at closes the whole flag."""
    if flag in parents and parents[flag] is None:
        return Prerequisite(flag, None, never, gate=True)
    holds = compile_condition(dict(when), strict=False).matches
    return Prerequisite(flag, parents.get(flag), holds, gate=gate)


def within_namespace(name: str, by: str, piece: Range) -> Share:
    """A piece of a namespace; namespaces hash by version 1 and a seed of their own."""
    return Share(reader(by), placer(f"__{name}", 1), (piece,))


def _filters(rule: RuleDocument) -> tuple[Share, ...]:
    """What a subject must lie in, whatever it was assigned before.

    Without an experiment the namespace is one of them.
    """
    if not rule.filters and rule.experiment is None:
        return _namespace(rule)
    return tuple(
        Share(
            read=reader(each.by or rule.by),
            place=placer(each.seed, each.hash_version),
            ranges=each.ranges,
        )
        for each in rule.filters
    )


def _namespace(rule: RuleDocument) -> tuple[Share, ...]:
    """With filters the namespace is not looked at, as the specification has it."""
    if rule.namespace is None or rule.filters:
        return ()
    piece = (rule.namespace.starts, rule.namespace.ends)
    return (within_namespace(rule.namespace.id, rule.by, piece),)


def _experiment(rule: RuleDocument) -> Experiment | None:
    if rule.experiment is None:
        return None
    return Experiment(
        key=rule.experiment,
        keep=kept_as(rule.experiment, rule.bucket_version) if rule.sticky else "",
        blocked=tuple(
            kept_as(rule.experiment, version) for version in range(rule.min_bucket_version)
        ),
    )
