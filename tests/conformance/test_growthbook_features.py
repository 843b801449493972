"""Our engine against the language-agnostic cases of the GrowthBook SDK specification.

The payloads are compiled by `tests.growthbook.reading` into the very flags that our own
documents compile to. What the specification calls `on` and `off` is the value's truth, and a
bandit's leaf is not among our answers; everything else of a result is compared.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from cairn.flags.evaluate import evaluate
from cairn.flags.model import Evaluation, Reason
from cairn.flags.placing import subject_of
from cairn.flags.sticky import assignments_of
from tests.conformance.cases import growthbook_cases
from tests.growthbook.reading import Mode, read_experiment, read_features
from tests.growthbook.sticky import merged, to_keep

type Json = dict[str, Any]  # Any: JSON whose shape each test knows

SOURCES: Mapping[str, set[Reason]] = {
    "defaultValue": {Reason.DEFAULT},
    "force": {Reason.TARGETING_MATCH, Reason.SPLIT},
    "experiment": {Reason.SPLIT},
    "prerequisite": {Reason.DISABLED},
    "cyclicPrerequisite": {Reason.DISABLED},
}


def mode_of(context: Json, *, sticky: bool = False) -> Mode:
    return Mode(context.get("enabled", True), context.get("qaMode", False), sticky)


def forced_in(context: Json) -> dict[str, str]:
    """The variations of the cases that are forced are named by their index."""
    return {name: str(index) for name, index in context.get("forcedVariations", {}).items()}


def agrees(evaluation: Evaluation, result: Json) -> None:
    """Compares an assignment with an experiment's result."""
    assignment = evaluation.assignment
    assert evaluation.variant == result["key"]
    assert (assignment is not None) is result["hashUsed"]
    if assignment is not None:
        assert assignment.by == result["hashAttribute"]
        assert assignment.subject == subject_of(result["hashValue"])
        assert assignment.bucket == evaluation.bucket == result["bucket"]
        assert assignment.sticky is result["stickyBucketUsed"]


@pytest.mark.parametrize("row", growthbook_cases("feature") + growthbook_cases("contextualBandit"))
def test_a_feature_evaluates_as_the_specification_says(row: tuple[str, Json, str, Json]) -> None:
    _, context, key, expected = row
    flag = read_features(context, mode_of(context)).get(key)
    if expected["source"] == "unknownFeature":
        assert flag is None
        return
    assert flag is not None
    attributes = context.get("attributes", {})
    evaluation = evaluate(flag, attributes, forced=forced_in(context))
    assert evaluation.value == expected["value"]
    assert (evaluation.rule_id or "") == expected["ruleId"]
    assert evaluation.reason in SOURCES[expected["source"]]
    if "experimentResult" in expected:
        agrees(evaluation, expected["experimentResult"])
    else:
        assert evaluation.assignment is None


@pytest.mark.parametrize("row", growthbook_cases("run"))
def test_an_experiment_runs_as_the_specification_says(
    row: tuple[str, Json, Json, Any, bool, bool],
) -> None:
    _, context, experiment, value, taken, hashed = row
    flag = read_experiment(experiment, context, mode_of(context))
    attributes = context.get("attributes", {})
    evaluation = evaluate(flag, attributes, forced=forced_in(context))
    assert evaluation.value == value
    assert (evaluation.reason is Reason.SPLIT) is taken
    assert (evaluation.assignment is not None) is hashed


@pytest.mark.parametrize("row", growthbook_cases("stickyBucket"))
def test_sticky_buckets_hold_as_the_specification_says(
    row: tuple[str, Json, list[Json], str, Json | None, Json],
) -> None:
    _, context, documents, key, expected, kept_after = row
    flag = read_features(context, mode_of(context, sticky=True))[key]
    sticky = {
        f"{each['attributeName']}||{each['attributeValue']}": each["assignments"]
        for each in documents
    }
    evaluation = evaluate(flag, context["attributes"], sticky=sticky)
    if expected is None:
        assert evaluation.assignment is None
    else:
        assert evaluation.value == expected["value"]
        agrees(evaluation, expected)
    kept = merged(sticky, to_keep(assignments_of(evaluation)))
    expected_kept = {subject: each["assignments"] for subject, each in kept_after.items()}
    assert {name: each for name, each in kept.items() if name in expected_kept} == expected_kept


@pytest.mark.parametrize("row", growthbook_cases("inNamespace"))
def test_a_namespace_has_the_subjects_that_the_specification_says(
    row: tuple[str, str, list[Any], bool],
) -> None:
    _, subject, namespace, within = row
    experiment: Json = {"key": "any", "variations": [0, 1], "namespace": namespace}
    evaluation = evaluate(read_experiment(experiment, {}), {"id": subject})
    assert (evaluation.assignment is not None) is within
