"""GrowthBook's features JSON as compiled flags (GrowthBook SDK specification 0.8).

For features that were written for GrowthBook, and so that its public cases drive our own engine.
The format is others': what is missing or malformed in it concerns nobody, and nothing is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydantic import JsonValue

from cairn.conditions.model import Test
from cairn.conditions.paths import reader
from cairn.flags.bucketing import Range, bucket_ranges, placer
from cairn.flags.compile import NOWHERE, prerequisite, within_namespace
from cairn.flags.compiled import Arm, Decide, Experiment, Flag, Placement, Prerequisite, Rule, Share
from cairn.flags.model import Evaluation, Reason, SegmentDocument
from cairn.flags.placing import placing
from cairn.flags.prerequisites import in_order
from cairn.flags.segments import Segments
from cairn.flags.sticky import kept_as

type Json = Mapping[str, JsonValue]

DEFAULT: Final = "default"
"""The variation's name where no rule decides; the format gives it none."""

BY: Final = "id"
"""The attribute that places subjects, where a rule names none."""

LEAST_VARIATIONS: Final = 2


@dataclass(frozen=True, slots=True)
class Mode:
    """How an SDK is set up.

    Attributes:
        enabled: whether experiments run at all.
        qa: whether experiments assign only who is forced.
        sticky: whether assignments are kept somewhere.
    """

    enabled: bool = True
    qa: bool = False
    sticky: bool = False


PLAIN: Final = Mode()


def read_features(payload: Json, mode: Mode = PLAIN) -> dict[str, Flag]:
    """Compiles all features of a payload (`features`, `savedGroups`, `contextualBandits`)."""
    features = {name: _object(each) for name, each in _object(payload.get("features")).items()}
    needs = {name: frozenset(_needed(feature)) for name, feature in features.items()}
    ordered = in_order(needs)
    flags: dict[str, Flag] = {}
    sound: dict[str, Flag | None] = dict.fromkeys(features)
    for name in (*ordered, *(each for each in features if each not in set(ordered))):
        parents = {each: sound[each] for each in needs[name] if each in sound}
        flags[name] = _Feature(name, payload, mode, _segments(payload), parents).read()
        sound[name] = flags[name] if name in ordered else None
    return flags


def read_experiment(experiment: Json, payload: Json, mode: Mode = PLAIN) -> Flag:
    """Compiles an experiment that no feature has; who is not in it gets the first variation."""
    key = str(experiment["key"])
    variations = _list(experiment.get("variations"))
    parents = dict(read_features(payload, mode))
    feature = _Feature(key, payload, mode, _segments(payload), parents)
    rules = tuple(feature.compared(experiment)) if experiment.get("active", True) else ()
    return feature.flag(variations[0] if variations else None, rules)


def _needed(feature: Json) -> Iterator[str]:
    for rule in _list(feature.get("rules")):
        for each in _list(_object(rule).get("parentConditions")):
            yield str(_object(each).get("id"))


def _segments(payload: Json) -> Segments:
    return Segments(
        _segment(name, each) for name, each in _object(payload.get("savedGroups")).items()
    )


def _segment(name: str, group: JsonValue) -> SegmentDocument:
    """Older payloads have bare lists, newer ones say what a group is."""
    described = _object(group)
    members = group if isinstance(group, list) else described.get("values")
    return SegmentDocument.model_construct(
        kind="segment",
        id=name,
        by=str(described.get("attributeKey", BY)),
        members=None if described.get("type") == "condition" else _scalars(members),
        when=dict(_object(described.get("condition"))),
    )


@dataclass(frozen=True, slots=True)
class _Feature:
    """One feature, on its way.

    Attributes:
        parents: what its prerequisites compiled to.
    """

    name: str
    payload: Json
    mode: Mode
    segments: Segments
    parents: Mapping[str, Flag | None]

    def read(self) -> Flag:
        feature = _object(_object(self.payload.get("features")).get(self.name))
        rules = chain.from_iterable(
            self._rules(_object(each)) for each in _list(feature.get("rules"))
        )
        return self.flag(feature.get("defaultValue"), tuple(rules))

    def flag(self, default: JsonValue, rules: tuple[Rule, ...]) -> Flag:
        return Flag(
            id=self.name,
            version=0,
            rules=rules,
            otherwise=self._outcome(default, DEFAULT, Reason.DEFAULT, None),
            closed=self._outcome(None, DEFAULT, Reason.DISABLED, None),
        )

    def _rules(self, rule: Json) -> Iterator[Rule]:
        if rule.get("force") is not None:
            yield self._forced(rule)
        elif rule.get("variations") is not None or rule.get("contextualVariations") is not None:
            key = str(rule.get("key") or self.name)
            yield from self.compared({**rule, "key": key, "force": None})
        elif rule.get("parentConditions"):
            yield Rule(_id(rule), requires=self._requires(rule))

    def _concerns(self, rule: Json) -> Test | None:
        condition = _object(rule.get("condition"))
        return self.segments.test(condition) if condition else None

    def _forced(self, rule: Json) -> Rule:
        value = rule["force"]
        placed = "range" in rule or "coverage" in rule
        covered = (0.0, _number(rule, "coverage", 1))
        span = _range(rule.get("range")) if "range" in rule else covered
        outcome = self._outcome(value, "force", Reason.TARGETING_MATCH, _id(rule))
        arm = Arm(*span, outcome._replace(reason=Reason.SPLIT))
        seed = str(rule.get("seed") or self.name)
        return Rule(
            id=_id(rule),
            concerns=self._concerns(rule),
            requires=self._requires(rule),
            filters=_filters(rule),
            outcome=None if placed else outcome,
            place=self._place(rule, seed, (arm,), None) if placed else None,
        )

    def compared(self, rule: Json) -> Iterator[Rule]:
        """An experiment; a contextual bandit becomes one for each of its contexts."""
        if not self.mode.enabled:
            return
        condition: JsonValue = dict(_object(rule.get("condition")))
        earlier: list[JsonValue] = [condition]
        for context in self._contexts(rule):
            met: JsonValue = dict(_object(context.get("condition")))
            weights = context.get("weights") or rule.get("weights")
            yield from self._experiment({**rule, "weights": weights}, [*earlier, met])
            earlier.append({"$not": met})
        yield from self._experiment(rule, earlier)

    def _contexts(self, rule: Json) -> Iterator[Json]:
        bandits = _object(self.payload.get("contextualBandits"))
        bandit = _object(bandits.get(str(rule.get("contextualBanditRef"))))
        return map(_object, _list(bandit.get("contexts")))

    def _experiment(self, rule: Json, conditions: list[JsonValue]) -> Iterator[Rule]:
        outcomes = self._outcomes(rule)
        pinned = rule.get("force")
        if isinstance(pinned, int):
            outcomes = outcomes[pinned : pinned + 1] * len(outcomes) if pinned >= 0 else []
        if len(outcomes) < LEAST_VARIATIONS:
            return
        key = str(rule["key"])
        nobody = self.mode.qa and pinned is None
        spans = [NOWHERE] * len(outcomes) if nobody else _ranges(rule, len(outcomes))
        arms = tuple(Arm(*span, each) for span, each in zip(spans, outcomes, strict=False))
        experiment = _experiment(rule, key, self.mode) if pinned is None else None
        yield Rule(
            id=_id(rule),
            concerns=self.segments.test({"$and": conditions}),
            requires=self._requires(rule),
            filters=_filters(rule),
            place=self._place(rule, str(rule.get("seed") or key), arms, experiment),
            holdout=frozenset(
                each.variant
                for each, meta in zip(outcomes, _metas(rule, outcomes), strict=True)
                if meta.get("passthrough")
            ),
        )

    def _place(
        self, rule: Json, seed: str, arms: tuple[Arm, ...], experiment: Experiment | None
    ) -> Decide:
        by = str(rule.get("hashAttribute") or BY)
        fallback = rule.get("fallbackAttribute") if experiment is None or experiment.keep else None
        placement = Placement(
            by=by,
            read=reader(by),
            fallback_by=str(fallback or ""),
            fallback=reader(str(fallback)) if fallback else None,
            needed=False,
            place=placer(seed, int(_number(rule, "hashVersion", 1))),
            within=_within(rule, by),
            arms=arms,
            experiment=experiment,
        )
        return placing(placement)

    def _requires(self, rule: Json) -> tuple[Prerequisite, ...]:
        return tuple(
            prerequisite(
                str(each.get("id")),
                _object(each.get("condition")),
                self.parents,
                gate=bool(each.get("gate")),
            )
            for each in map(_object, _list(rule.get("parentConditions")))
        )

    def _outcomes(self, rule: Json) -> list[Evaluation]:
        variations = _list(rule.get("contextualVariations") or rule.get("variations"))
        return [
            self._outcome(value, str(meta.get("key", index)), Reason.SPLIT, _id(rule))
            for index, (value, meta) in enumerate(
                zip(variations, _metas(rule, variations), strict=True)
            )
        ]

    def _outcome(
        self, value: JsonValue, variant: str, reason: Reason, rule_id: str | None
    ) -> Evaluation:
        return Evaluation(self.name, value, variant, reason, rule_id, 0)


def _experiment(rule: Json, key: str, mode: Mode) -> Experiment:
    if not mode.sticky or rule.get("disableStickyBucketing"):
        return Experiment(key)
    least = int(_number(rule, "minBucketVersion", 0))
    return Experiment(
        key=key,
        keep=kept_as(key, int(_number(rule, "bucketVersion", 0))),
        blocked=tuple(kept_as(key, version) for version in range(least)),
    )


def _filters(rule: Json) -> tuple[Share, ...]:
    return tuple(
        Share(
            read=reader(str(each.get("attribute") or BY)),
            place=placer(str(each.get("seed") or ""), int(_number(each, "hashVersion", 2))),
            ranges=tuple(map(_range, _list(each.get("ranges")))),
        )
        for each in map(_object, _list(rule.get("filters")))
    )


def _within(rule: Json, by: str) -> Share | None:
    match rule.get("namespace"):
        case [str(name), start, end] if not rule.get("filters"):
            return within_namespace(name, by, _range([start, end]))
        case _:
            return None


def _ranges(rule: Json, count: int) -> list[Range]:
    if rule.get("ranges"):
        return list(map(_range, _list(rule.get("ranges"))))
    weights = [float(each) for each in _list(rule.get("weights")) if isinstance(each, int | float)]
    return bucket_ranges(count, _number(rule, "coverage", 1), weights or None)


def _metas(rule: Json, variations: Sequence[object]) -> list[Json]:
    metas = [_object(each) for each in _list(rule.get("meta"))]
    return [*metas, *({} for _ in variations)][: len(variations)]


def _range(value: JsonValue) -> Range:
    match value:
        case [int() | float() as start, int() | float() as end]:
            return float(start), float(end)
        case _:
            return NOWHERE


def _id(rule: Json) -> str:
    return str(rule.get("id") or "")


def _number(of: Json, name: str, default: float) -> float:
    value = of.get(name)
    return value if isinstance(value, int | float) else default


def _scalars(value: JsonValue) -> tuple[str | int | float, ...]:
    return tuple(each for each in _list(value) if isinstance(each, str | int | float))


def _object(value: JsonValue) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
