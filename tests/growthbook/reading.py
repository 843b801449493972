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
from cairn.flags.compile import NOWHERE, prerequisite
from cairn.flags.compiled import Arm, Flag, Prerequisite, Rule
from cairn.flags.documents import SegmentDocument
from cairn.flags.model import Evaluation, Reason
from cairn.flags.prerequisites import in_order
from cairn.flags.segments import Segments
from tests.growthbook.payload import (
    BY,
    Json,
    list_of,
    number_of,
    object_of,
    scalars_of,
    span_of,
)
from tests.growthbook.placements import experiment_of, filters_of, place_of, ranges_of

DEFAULT: Final = "default"
"""The variation's name where no rule decides; the format gives it none."""

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
    features = {name: object_of(each) for name, each in object_of(payload.get("features")).items()}
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
    variations = list_of(experiment.get("variations"))
    parents = dict(read_features(payload, mode))
    feature = _Feature(key, payload, mode, _segments(payload), parents)
    rules = tuple(feature.compared(experiment)) if experiment.get("active", True) else ()
    return feature.flag(variations[0] if variations else None, rules)


def _needed(feature: Json) -> Iterator[str]:
    for rule in list_of(feature.get("rules")):
        for each in list_of(object_of(rule).get("parentConditions")):
            yield str(object_of(each).get("id"))


def _segments(payload: Json) -> Segments:
    return Segments(
        _segment(name, each) for name, each in object_of(payload.get("savedGroups")).items()
    )


def _segment(name: str, group: JsonValue) -> SegmentDocument:
    """Older payloads have bare lists, newer ones say what a group is."""
    described = object_of(group)
    members = group if isinstance(group, list) else described.get("values")
    return SegmentDocument.model_construct(
        kind="segment",
        id=name,
        by=str(described.get("attributeKey", BY)),
        members=None if described.get("type") == "condition" else scalars_of(members),
        when=dict(object_of(described.get("condition"))),
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
        feature = object_of(object_of(self.payload.get("features")).get(self.name))
        rules = chain.from_iterable(
            self._rules(object_of(each)) for each in list_of(feature.get("rules"))
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
        condition = object_of(rule.get("condition"))
        return self.segments.test(condition) if condition else None

    def _forced(self, rule: Json) -> Rule:
        value = rule["force"]
        placed = "range" in rule or "coverage" in rule
        covered = (0.0, number_of(rule, "coverage", 1))
        span = span_of(rule.get("range")) if "range" in rule else covered
        outcome = self._outcome(value, "force", Reason.TARGETING_MATCH, _id(rule))
        arm = Arm(*span, outcome._replace(reason=Reason.SPLIT))
        seed = str(rule.get("seed") or self.name)
        return Rule(
            id=_id(rule),
            concerns=self._concerns(rule),
            requires=self._requires(rule),
            filters=filters_of(rule),
            outcome=None if placed else outcome,
            place=place_of(rule, seed, (arm,), None) if placed else None,
        )

    def compared(self, rule: Json) -> Iterator[Rule]:
        """An experiment; a contextual bandit becomes one for each of its contexts."""
        if not self.mode.enabled:
            return
        condition: JsonValue = dict(object_of(rule.get("condition")))
        earlier: list[JsonValue] = [condition]
        for context in self._contexts(rule):
            met: JsonValue = dict(object_of(context.get("condition")))
            weights = context.get("weights") or rule.get("weights")
            yield from self._experiment({**rule, "weights": weights}, [*earlier, met])
            earlier.append({"$not": met})
        yield from self._experiment(rule, earlier)

    def _contexts(self, rule: Json) -> Iterator[Json]:
        bandits = object_of(self.payload.get("contextualBandits"))
        bandit = object_of(bandits.get(str(rule.get("contextualBanditRef"))))
        return map(object_of, list_of(bandit.get("contexts")))

    def _experiment(self, rule: Json, conditions: list[JsonValue]) -> Iterator[Rule]:
        outcomes = self._outcomes(rule)
        pinned = rule.get("force")
        if isinstance(pinned, int):
            outcomes = outcomes[pinned : pinned + 1] * len(outcomes) if pinned >= 0 else []
        if len(outcomes) < LEAST_VARIATIONS:
            return
        key = str(rule["key"])
        nobody = self.mode.qa and pinned is None
        spans = [NOWHERE] * len(outcomes) if nobody else ranges_of(rule, len(outcomes))
        arms = tuple(Arm(*span, each) for span, each in zip(spans, outcomes, strict=False))
        experiment = experiment_of(rule, key, sticky=self.mode.sticky) if pinned is None else None
        yield Rule(
            id=_id(rule),
            concerns=self.segments.test({"$and": conditions}),
            requires=self._requires(rule),
            filters=filters_of(rule),
            place=place_of(rule, str(rule.get("seed") or key), arms, experiment),
            holdout=frozenset(
                each.variant
                for each, meta in zip(outcomes, _metas(rule, outcomes), strict=True)
                if meta.get("passthrough")
            ),
        )

    def _requires(self, rule: Json) -> tuple[Prerequisite, ...]:
        return tuple(
            prerequisite(
                str(each.get("id")),
                object_of(each.get("condition")),
                self.parents,
                gate=bool(each.get("gate")),
            )
            for each in map(object_of, list_of(rule.get("parentConditions")))
        )

    def _outcomes(self, rule: Json) -> list[Evaluation]:
        variations = list_of(rule.get("contextualVariations") or rule.get("variations"))
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


def _metas(rule: Json, variations: Sequence[object]) -> list[Json]:
    metas = [object_of(each) for each in list_of(rule.get("meta"))]
    return [*metas, *({} for _ in variations)][: len(variations)]


def _id(rule: Json) -> str:
    return str(rule.get("id") or "")
