"""Flags: what may be published, what is compiled, what is evaluated."""

import json
from collections.abc import Mapping, Sequence

import pytest
from pydantic import JsonValue, ValidationError

from cairn.flags.check import check_flag, check_segment
from cairn.flags.compile import compile_flag
from cairn.flags.documents import FlagDocument, SegmentDocument
from cairn.flags.evaluate import evaluate
from cairn.flags.model import Evaluation, Reason
from cairn.flags.placing import TargetingKeyMissing, subject_of
from cairn.flags.segments import Segments
from cairn.flags.together import check_together

LAYOUT: Mapping[str, JsonValue] = {
    "kind": "flag",
    "id": "checkout-layout",
    "type": "string",
    "variations": {"classic": "one column", "modern": "two columns"},
    "default": "classic",
}


HALVES: JsonValue = {"classic": 0.5, "modern": 0.5}


def flag(**fields: JsonValue) -> FlagDocument:
    return FlagDocument.model_validate({**LAYOUT, **fields})


def boolean(**fields: JsonValue) -> FlagDocument:
    return FlagDocument.model_validate(
        {"kind": "flag", "id": "banner", "type": "boolean", "default": "off", **fields}
    )


def evaluated(document: FlagDocument, context: Mapping[str, JsonValue]) -> Evaluation:
    assert check_flag(document) == []
    return evaluate(compile_flag(document, 7), context)


def broken(document: FlagDocument) -> dict[str, str]:
    return {each.pointer: each.code for each in check_flag(document)}


def test_a_flag_without_rules_is_static() -> None:
    assert evaluated(flag(), {}) == Evaluation(
        flag="checkout-layout",
        value="one column",
        variant="classic",
        reason=Reason.STATIC,
        rule_id=None,
        flag_version=7,
    )


def test_the_first_rule_that_concerns_the_subject_decides() -> None:
    document = flag(
        rules=[
            {"id": "staff", "when": {"email": {"$regex": "@us$"}}, "variation": "modern"},
            {"id": "germans", "when": {"country": "DE"}, "variation": "classic"},
        ]
    )
    for context, rule, variant, reason in (
        ({"email": "a@us", "country": "DE"}, "staff", "modern", Reason.TARGETING_MATCH),
        ({"country": "DE"}, "germans", "classic", Reason.TARGETING_MATCH),
        ({"country": "AT"}, None, "classic", Reason.DEFAULT),
    ):
        evaluation = evaluated(document, dict(context))
        assert (evaluation.rule_id, evaluation.variant) == (rule, variant)
        assert evaluation.reason is reason


def test_a_disabled_flag_gives_its_default_whatever_the_rules_say() -> None:
    evaluation = evaluated(
        boolean(enabled=False, rules=[{"id": "all", "variation": "on"}]), {"targetingKey": "u-1"}
    )
    assert evaluation.value is False
    assert evaluation.reason is Reason.DISABLED


def test_a_rollout_concerns_its_share_of_subjects_and_never_loses_one_as_it_grows() -> None:
    subjects = [f"u-{number}" for number in range(2_000)]

    def included(coverage: float) -> set[str]:
        document = boolean(rules=[{"id": "some", "variation": "on", "coverage": coverage}])
        return {each for each in subjects if evaluated(document, {"targetingKey": each}).value}

    fifth, half = included(0.2), included(0.5)
    assert fifth < half
    assert len(fifth) == pytest.approx(400, abs=60)
    assert len(half) == pytest.approx(1_000, abs=80)
    assert included(0.0) == set()


def test_a_split_places_by_seed_and_attribute_and_names_its_variation() -> None:
    halves: JsonValue = {"classic": 0.5, "modern": 0.5}

    def variants(**fields: JsonValue) -> list[str]:
        document = flag(rules=[{"id": "half", "split": halves, **fields}])
        contexts: list[Mapping[str, JsonValue]] = [
            {"targetingKey": f"u-{number}", "team": {"id": number % 7}} for number in range(200)
        ]
        return [evaluated(document, context).variant for context in contexts]

    own = variants()
    assert own == variants(seed="checkout-layout")
    assert own != variants(seed="another")
    assert own.count("modern") == pytest.approx(100, abs=25)
    by_team = variants(by="team.id")
    assert by_team == [by_team[number % 7] for number in range(200)]


def test_a_subject_outside_the_coverage_goes_on_to_the_next_rule() -> None:
    document = flag(
        rules=[
            {"id": "none", "variation": "modern", "coverage": 0},
            {"id": "rest", "variation": "classic"},
        ]
    )
    assert evaluated(document, {"targetingKey": "u-1"}).rule_id == "rest"


def test_the_targeting_key_is_missed_only_by_a_rule_that_needs_it() -> None:
    document = boolean(
        rules=[
            {"id": "staff", "when": {"staff": True}, "variation": "on"},
            {"id": "some", "when": {"country": "DE"}, "variation": "on", "coverage": 0.5},
        ]
    )
    assert evaluated(document, {"staff": True}).rule_id == "staff"
    assert evaluated(document, {"country": "AT"}).reason is Reason.DEFAULT
    for nobody in ({"country": "DE"}, {"country": "DE", "targetingKey": ""}):
        with pytest.raises(TargetingKeyMissing, match="'some'"):
            evaluated(document, dict(nobody))


def test_a_subject_without_the_other_attribute_that_places_it_is_passed_over() -> None:
    document = boolean(rules=[{"id": "some", "variation": "on", "coverage": 0.9, "by": "team"}])
    assert evaluated(document, {"targetingKey": "u-1"}).reason is Reason.DEFAULT


def test_numbers_place_as_their_text_and_other_values_identify_nobody() -> None:
    assert [subject_of(value) for value in ("u", 12, 12.0, 1.5)] == ["u", "12", "12", "1.5"]
    nobodies: list[JsonValue] = [None, True, False, [], ["u"], {}, {"id": "u"}, "", 0, 0.0, -0.0]
    nobodies += [10**400, float("inf"), float("nan")]
    assert {subject_of(value) for value in nobodies} == {""}


def test_a_number_flag_with_one_fraction_gives_fractions_only() -> None:
    document = flag(type="number", variations={"low": 1, "high": 2.5}, default="low")
    assert json.dumps(evaluated(document, {}).value) == "1.0"
    whole = flag(type="number", variations={"low": 1, "high": 2}, default="low")
    assert json.dumps(evaluated(whole, {}).value) == "1"


def test_a_json_flag_gives_objects_and_lists() -> None:
    value: JsonValue = {"steps": [1, {"two": None}]}
    document = flag(type="json", variations={"v1": value, "v2": []}, default="v1")
    assert evaluated(document, {}).value == value


def test_a_boolean_flag_may_name_its_own_variations() -> None:
    document = boolean(variations={"shown": True, "hidden": False}, default="shown")
    assert evaluated(document, {}).variant == "shown"
    assert broken(boolean(variations={"shown": True})) == {"/default": "flag.unknown_variation"}


BROKEN: Mapping[str, tuple[FlagDocument, dict[str, str]]] = {
    "no variations": (
        flag(variations={}),
        {"/variations": "flag.no_variations", "/default": "flag.unknown_variation"},
    ),
    "a value of another type": (
        flag(variations={"classic": "a", "modern": 5}),
        {"/variations/modern": "flag.wrong_type"},
    ),
    "a boolean for a number": (
        flag(type="number", variations={"classic": True}),
        {"/variations/classic": "flag.wrong_type"},
    ),
    "an infinite number": (
        flag(type="number", variations={"classic": float("inf")}),
        {"/variations/classic": "flag.number_range"},
    ),
    "a number beyond doubles": (
        flag(type="number", variations={"classic": 0.5, "modern": 10**400}),
        {"/variations/modern": "flag.number_range"},
    ),
    "such a number deep inside": (
        flag(type="json", variations={"classic": {"a": [{"b/c": -(10**400)}]}}),
        {"/variations/classic/a/0/b~1c": "flag.number_range"},
    ),
    "such numbers in conditions": (
        flag(
            rules=[{"id": "a", "when": {"x": {"$gt": 10**400}}, "variation": "modern"}],
            prerequisites=[{"flag": "other", "when": {"value": {"$in": [1, float("nan")]}}}],
        ),
        {
            "/rules/0/when/x/$gt": "condition.number_range",
            "/prerequisites/0/when/value/$in/1": "condition.number_range",
        },
    ),
    "an unknown default": (flag(default="bold"), {"/default": "flag.unknown_variation"}),
    "repeated rules": (
        flag(rules=[{"id": "a", "variation": "modern"}, {"id": "a", "variation": "modern"}]),
        {"/rules/0/id": "flag.repeated_id", "/rules/1/id": "flag.repeated_id"},
    ),
    "no outcome": (flag(rules=[{"id": "a"}]), {"/rules/0": "flag.no_single_outcome"}),
    "two outcomes": (
        flag(rules=[{"id": "a", "variation": "modern", "split": {"classic": 1}}]),
        {"/rules/0": "flag.no_single_outcome"},
    ),
    "unknown variations": (
        flag(rules=[{"id": "a", "variation": "x"}, {"id": "b", "split": {"y": 1}}]),
        {
            "/rules/0/variation": "flag.unknown_variation",
            "/rules/1/split": "flag.unknown_variation",
        },
    ),
    "weights that do not add up": (
        flag(rules=[{"id": "a", "split": {"classic": 0.5, "modern": 0.4}}]),
        {"/rules/0/split": "flag.weights"},
    ),
    "an experiment without a split": (
        flag(rules=[{"id": "a", "experiment": "e", "variation": "modern"}]),
        {"/rules/0/experiment": "flag.no_split"},
    ),
    "what only experiments have": (
        flag(rules=[{"id": "a", "sticky": True, "holdout": ["modern"], "split": HALVES}]),
        {"/rules/0/sticky": "flag.no_experiment", "/rules/0/holdout": "flag.no_experiment"},
    ),
    "a fallback that would change variations": (
        flag(rules=[{"id": "a", "experiment": "e", "split": HALVES, "fallback_by": "anonymous"}]),
        {"/rules/0/fallback_by": "flag.not_sticky"},
    ),
    "names that the split lacks": (
        flag(
            rules=[
                {
                    "id": "a",
                    "experiment": "e",
                    "split": HALVES,
                    "holdout": ["x"],
                    "ranges": {"y": [0, 1]},
                }
            ]
        ),
        {"/rules/0/holdout": "flag.not_split", "/rules/0/ranges": "flag.not_split"},
    ),
    "a least bucket version above the current one": (
        flag(
            rules=[
                {
                    "id": "a",
                    "experiment": "e",
                    "split": HALVES,
                    "sticky": True,
                    "min_bucket_version": 1,
                }
            ]
        ),
        {"/rules/0/min_bucket_version": "flag.bucket_version"},
    ),
    "ranges that hold nobody": (
        flag(
            rules=[
                {
                    "id": "a",
                    "split": HALVES,
                    "ranges": {"modern": [0.5, 0.5]},
                    "namespace": {"id": "n", "from": 0.9, "to": 0.1},
                    "filters": [{"seed": "s", "ranges": [[0, 0.1], [0.4, 0.2]]}],
                }
            ]
        ),
        {
            "/rules/0/ranges/modern": "flag.empty_span",
            "/rules/0/namespace": "flag.empty_span",
            "/rules/0/filters/0/ranges/1": "flag.empty_span",
        },
    ),
    "a schedule that ends before it begins": (
        flag(
            rules=[
                {
                    "id": "a",
                    "variation": "modern",
                    "from": "2026-11-20T12:00:00Z",
                    "until": "2026-11-20T12:00:00Z",
                }
            ]
        ),
        {"/rules/0/until": "flag.empty_schedule"},
    ),
    "a ramp out of order, and from nowhere": (
        flag(
            rules=[
                {
                    "id": "a",
                    "variation": "modern",
                    "ramp": [
                        {"at": "2026-11-21T00:00:00Z", "coverage": 0.5},
                        {"at": "2026-11-20T00:00:00Z", "coverage": 1},
                    ],
                }
            ]
        ),
        {"/rules/0/ramp": "flag.unordered_ramp", "/rules/0/coverage": "flag.no_first_coverage"},
    ),
    "a broken condition on a prerequisite": (
        flag(prerequisites=[{"flag": "other", "when": {"value": {"$grt": 1}}}]),
        {"/prerequisites/0/when/value/$grt": "condition.unknown_operator"},
    ),
    "a reference to a segment that is none": (
        flag(rules=[{"id": "a", "when": {"$savedGroup": "testers"}, "variation": "modern"}]),
        {"/rules/0/when/$savedGroup": "condition.unknown_operator"},
    ),
    "a broken condition": (
        flag(rules=[{"id": "a", "when": {"age": {"$grt": 5}}, "variation": "modern"}]),
        {"/rules/0/when/age/$grt": "condition.unknown_operator"},
    ),
}


@pytest.mark.parametrize(("document", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_broken_flag_is_refused_with_a_pointer_to_each_fault(
    document: FlagDocument, expected: dict[str, str]
) -> None:
    assert broken(document) == expected


def test_segments_that_are_named_are_looked_for_elsewhere() -> None:
    when: JsonValue = {"$savedGroup": {"id": "paying"}, "team": {"$inGroup": "teams"}}
    document = flag(rules=[{"id": "a", "when": when, "variation": "modern"}])
    assert broken(document) == {}
    assert together(document) == {
        "/rules/0/when/$savedGroup/id": "flag.unknown_segment",
        "/rules/0/when/team/$inGroup": "flag.unknown_segment",
    }
    known = [segment(id="paying", when={"plan": "pro"}), segment(id="teams", members=["t"])]
    assert together(document, segments=known) == {}


def segment(**fields: JsonValue) -> SegmentDocument:
    return SegmentDocument.model_validate({"kind": "segment", **fields})


def together(*flags: FlagDocument, segments: Sequence[SegmentDocument] = ()) -> dict[str, str]:
    """What is wrong with the first of the flags."""
    found = check_together({each.id: each for each in flags}, Segments(segments))
    return {each.pointer: each.code for each in found.get(flags[0].id, [])}


def needing(name: str, other: str, **fields: JsonValue) -> FlagDocument:
    return boolean(id=name, prerequisites=[{"flag": other, "when": {"value": True}}], **fields)


def test_a_prerequisite_that_is_gone_or_archived_is_refused() -> None:
    child = needing("child", "parent")
    gone = {"/prerequisites/0/flag": "flag.unknown_prerequisite"}
    assert together(child) == gone
    assert together(child, boolean(id="parent", archived=True)) == gone
    assert together(child, boolean(id="parent")) == {}
    assert together(needing("child", "parent", archived=True)) == {}, "an archived flag asks nobody"
    ruled = boolean(
        id="child",
        rules=[
            {
                "id": "r",
                "variation": "on",
                "prerequisites": [{"flag": "parent", "when": {"value": True}}],
            }
        ],
    )
    assert together(ruled) == {"/rules/0/prerequisites/0/flag": "flag.unknown_prerequisite"}


def test_prerequisites_in_a_circle_are_refused_where_they_close_it() -> None:
    ring = [needing("a", "b"), needing("b", "c"), needing("c", "a")]
    cyclic = {"/prerequisites": "flag.cyclic_prerequisites"}
    assert together(*ring) == cyclic
    assert together(needing("a", "a")) == cyclic
    assert together(needing("outside", "a"), *ring) == {}


def test_a_chain_of_prerequisites_has_an_end() -> None:
    chain = [needing(f"f-{number}", f"f-{number + 1}") for number in range(16)]
    assert together(*chain[1:], boolean(id="f-16")) == {}
    assert together(*chain, boolean(id="f-16")) == {"/prerequisites": "flag.too_deep"}


def test_what_sdks_would_evaluate_again_and_again_has_a_bound() -> None:
    def ruled(number: int, rules: int) -> FlagDocument:
        needed: JsonValue = [{"flag": f"f-{number + 1}", "when": {"value": True}}]
        plain: list[JsonValue] = [
            {"id": f"r-{nth}", "variation": "on", "prerequisites": needed} for nth in range(rules)
        ]
        return boolean(id=f"f-{number}", rules=plain)

    last = boolean(id="f-10")
    refused = {"/prerequisites": "flag.too_many_evaluations"}
    assert together(*(ruled(number, 2) for number in range(2, 10)), last) == {}
    assert together(*(ruled(number, 2) for number in range(1, 10)), last) == refused
    halves: JsonValue = {"on": 0.5, "off": 0.5}
    needed: JsonValue = [{"flag": "f-2", "when": {"value": True}}]
    split = boolean(id="f-1", rules=[{"id": "r", "split": halves, "prerequisites": needed}])
    assert together(split, *(ruled(number, 2) for number in range(2, 10)), last) == refused
    gated = needing("f-1", "f-2")
    assert together(gated, *(ruled(number, 2) for number in range(2, 10)), last) == {}


def test_a_segment_has_members_or_a_condition_and_names_no_other() -> None:
    def faults(**fields: JsonValue) -> dict[str, str]:
        return {each.pointer: each.code for each in check_segment(segment(id="s", **fields))}

    assert faults(members=["u-1", 2]) == {}
    assert faults(members=[1, 10**400]) == {"/members/1": "segment.number_range"}
    assert faults(when={"plan": "pro"}) == {}
    assert faults() == {"": "segment.no_single_meaning"}
    assert faults(members=[], when={}) == {"": "segment.no_single_meaning"}
    assert faults(when={"plan": {"$grt": 1}}) == {"/when/plan/$grt": "condition.unknown_operator"}
    nested = faults(when={"$savedGroup": {"id": "other"}, "team": {"$inGroup": "teams"}})
    assert nested == {
        "/when/$savedGroup/id": "segment.nested",
        "/when/team/$inGroup": "segment.nested",
    }


def test_the_shape_of_a_document_is_strict() -> None:
    for fault in ({"typ": "string"}, {"id": "no spaces"}, {"rules": [{"id": "a", "coverage": 2}]}):
        with pytest.raises(ValidationError):
            FlagDocument.model_validate({**LAYOUT, **fault})


def test_the_document_has_a_json_schema() -> None:
    schema = FlagDocument.model_json_schema()
    assert schema["properties"]["kind"] == {"const": "flag", "title": "Kind", "type": "string"}
    assert schema["additionalProperties"] is False
