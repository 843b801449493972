"""Our flags as GrowthBook's features JSON, for its SDKs to evaluate where they run.

The format knows no schedules, ramps or environments: a ruleset is already resolved for its instant
and environment. Variations that nobody compares become forced values for ranges of the number
line, so that SDKs track experiments only. Conditions go out as they are written; whoever has the
publishable key can read them, and with them every value that they name.

SDKs remember no prerequisite: each place that names one has it evaluated again, with all that it
needs itself. So what a whole flag needs stands in rules before all others, and not in each. They
force the default where it is not met: the format's own `gate` would give null.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from cairn.flags.compile import arms_of, places, seed_of, values_of
from cairn.flags.compiled import Flag
from cairn.flags.documents import FlagDocument, PrerequisiteDocument, RuleDocument
from cairn.flags.prerequisites import in_order, needs_of
from cairn.flags.published import Ruleset
from cairn.flags.segments import Segments, named_in

type Json = dict[str, JsonValue]

KEPT_RULESETS: Final = 8
"""Written once per published content; so many workspaces are remembered."""


class Features(BaseModel):
    """What GrowthBook SDKs load.

    Attributes:
        features: each flag's default value and rules, by the flag's id.
        savedGroups: the members of the segments that conditions name.
    """

    model_config = ConfigDict(frozen=True)

    features: dict[str, Json]
    savedGroups: dict[str, list[JsonValue]]  # noqa: N815  # the format's name


@lru_cache(maxsize=KEPT_RULESETS)
def features_json(ruleset: Ruleset) -> str:
    """All flags of a ruleset that can be evaluated, as JSON."""
    return features_of(ruleset).model_dump_json()


def features_of(ruleset: Ruleset) -> Features:
    """All flags of a ruleset that can be evaluated."""
    documents = {name: each.document for name, each in ruleset.documents.items()}
    needs = needs_of(documents)
    broken = {name for name in documents if not isinstance(ruleset.flags[name], Flag)}
    sound = {name for name in in_order(needs) if needs[name].isdisjoint(broken)}
    named: set[str] = set()
    features: dict[str, Json] = {}
    for name in sorted(ruleset.flags):
        if isinstance(ruleset.flags[name], Flag):
            rules = _served(documents[name], ruleset.segments) if name in sound else []
            default = values_of(documents[name])[documents[name].default]
            features[name] = {"defaultValue": default, "rules": [*rules]}
            named.update(*(_groups(rule) for rule in rules))
    groups = ruleset.segments.groups
    return Features(
        features=features,
        savedGroups={name: list(groups[name]) for name in sorted(named & groups.keys())},
    )


def times_written(rule: RuleDocument) -> int:
    """How many of the format's rules a rule becomes."""
    return sum(
        len(arms_of(each)) if places(each) and each.experiment is None else 1
        for each in _by_one_attribute(rule)
    )


def _served(flag: FlagDocument, segments: Segments) -> list[Json]:
    if not flag.enabled or not flag.rules:
        return []
    values = values_of(flag)
    closing = [_closing(each, values[flag.default]) for each in flag.prerequisites]
    return closing + [
        {**_shared(rule, segments), **each}
        for written in flag.rules
        for rule in _by_one_attribute(written)
        for each in _rules(flag, rule, values)
    ]


def _closing(prerequisite: PrerequisiteDocument, default: JsonValue) -> Json:
    """Gives the default to whom a prerequisite of the flag does not hold for."""
    unmet: JsonValue = {"$not": dict(prerequisite.when)}
    return {"force": default, "parentConditions": [{"id": prerequisite.flag, "condition": unmet}]}


def _by_one_attribute(rule: RuleDocument) -> Iterator[RuleDocument]:
    """SDKs know a second attribute only where they keep assignments: elsewhere it has its own rule.

    Who lacks the first one passes no filter and no namespace that reads it.
    """
    if rule.sticky or rule.fallback_by is None:
        yield rule
        return
    yield rule.model_copy(update={"fallback_by": None})
    within = rule.namespace is not None and rule.experiment is None and not rule.filters
    if within or any(each.by is None for each in rule.filters):
        return
    texts, numbers = {"$type": "string", "$ne": ""}, {"$type": "number", "$ne": 0}
    lacks = {"$nor": [{rule.by: texts}, {rule.by: numbers}]}
    yield rule.model_copy(
        update={
            "by": rule.fallback_by,
            "fallback_by": None,
            "when": {"$and": [rule.when or {}, lacks]},
        }
    )


def _groups(rule: Json) -> Iterator[str]:
    return (name for _, name in named_in(rule.get("condition")))


def _rules(
    flag: FlagDocument, rule: RuleDocument, values: Mapping[str, JsonValue]
) -> Iterator[Json]:
    if rule.experiment is not None:
        yield _experiment(rule, values)
    elif not places(rule):
        yield {"force": values[str(rule.variation)], **_filters(rule)}
    else:
        for name, (start, end) in arms_of(rule).items():
            placed: Json = {"force": values[name], "range": [start, end]}
            yield {**placed, **_hashing(rule, seed_of(rule, flag.id)), **_filters(rule)}


def _experiment(rule: RuleDocument, values: Mapping[str, JsonValue]) -> Json:
    arms = arms_of(rule)
    key = str(rule.experiment)
    space = rule.namespace
    within: Json = {"namespace": [space.id, space.starts, space.ends]} if space else {}
    return {
        "key": key,
        "variations": [values[name] for name in arms],
        "meta": [_meta(name, rule) for name in arms],
        "ranges": [[start, end] for start, end in arms.values()],
        "bucketVersion": rule.bucket_version,
        "minBucketVersion": rule.min_bucket_version,
        "disableStickyBucketing": not rule.sticky,
        **_hashing(rule, seed_of(rule, key)),
        **(_filters(rule) if rule.filters else within),
    }


def _meta(variation: str, rule: RuleDocument) -> Json:
    return {"key": variation, "name": variation, "passthrough": variation in rule.holdout}


def _shared(rule: RuleDocument, segments: Segments) -> Json:
    """What every kind of rule has."""
    shared: Json = {"id": rule.id}
    if rule.when:
        shared["condition"] = segments.expanded(dict(rule.when))
    parents = [_parent(each) for each in rule.prerequisites]
    return {**shared, "parentConditions": [*parents]} if parents else shared


def _parent(prerequisite: PrerequisiteDocument) -> Json:
    return {"id": prerequisite.flag, "condition": dict(prerequisite.when)}


def _hashing(rule: RuleDocument, seed: str) -> Json:
    hashing: Json = {"seed": seed, "hashAttribute": rule.by, "hashVersion": rule.hash_version}
    return {**hashing, "fallbackAttribute": rule.fallback_by} if rule.fallback_by else hashing


def _filters(rule: RuleDocument) -> Json:
    """A namespace is a filter of an older hash: what no experiment has can have only those."""
    filters: list[JsonValue] = [
        {
            "attribute": each.by or rule.by,
            "seed": each.seed,
            "hashVersion": each.hash_version,
            "ranges": [[start, end] for start, end in each.ranges],
        }
        for each in rule.filters
    ]
    if not filters and rule.namespace is not None:
        space = rule.namespace
        filters = [
            {
                "attribute": rule.by,
                "seed": f"__{space.id}",
                "hashVersion": 1,
                "ranges": [[space.starts, space.ends]],
            }
        ]
    return {"filters": filters} if filters else {}
