"""Flags: prerequisites, experiments, holdouts, namespaces, sticky assignments, schedules."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from cairn.configuration.model import Document, Kind, Snapshot, digest_of
from cairn.flags.compiled import Flag
from cairn.flags.evaluate import evaluate
from cairn.flags.model import Assignment, Evaluation, Forced, Reason, Sticky
from cairn.flags.published import Ruleset, Rulesets
from cairn.flags.sticky import assignments_of
from tests.growthbook.sticky import merged, to_keep

type Json = dict[str, JsonValue]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HALVES: JsonValue = {"off": 0.5, "on": 0.5}
COMPARED: Json = {"id": "compare", "split": HALVES, "experiment": "trial"}


def flag(identifier: str = "banner", **fields: JsonValue) -> Json:
    return {"kind": "flag", "id": identifier, "type": "boolean", "default": "off", **fields}


def snapshot(*bodies: Json, version: int = 1) -> Snapshot:
    documents = {}
    for body in bodies:
        text, kind = json.dumps(body), Kind(str(body["kind"]))
        name = str(body["id"])
        documents[f"{kind}/{name}"] = Document(kind, name, 3, text, digest_of(text))
    return Snapshot("demo", version, documents)


def ruleset(*bodies: Json, now: datetime = NOW, environment: str = "local") -> Ruleset:
    return Rulesets(environment).of(snapshot(*bodies), now)


def compiled(rules: Ruleset, identifier: str = "banner") -> Flag:
    found = rules.flags[identifier]
    assert isinstance(found, Flag)
    return found


def asked(
    *bodies: Json,
    subject: str = "u-1",
    sticky: Sticky | None = None,
    forced: Forced | None = None,
    now: datetime = NOW,
    **context: JsonValue,
) -> Evaluation:
    """The first of the flags, for a subject."""
    found = compiled(ruleset(*bodies, now=now), str(bodies[0]["id"]))
    known: Json = {"targetingKey": subject, **context}
    return evaluate(found, known, sticky=sticky or {}, forced=forced or {})


def placed(*bodies: Json, subject: str = "u-1", sticky: Sticky | None = None) -> Assignment:
    assignment = asked(*bodies, subject=subject, sticky=sticky).assignment
    assert assignment is not None
    return assignment


def test_a_rule_of_an_experiment_says_where_it_placed_whom() -> None:
    evaluation = asked(flag(rules=[COMPARED]), subject="u-2")
    assert evaluation.assignment == Assignment(
        experiment="trial",
        variation=evaluation.variant,
        by="targetingKey",
        subject="u-2",
        bucket=evaluation.bucket or -1,
        sticky=False,
        rule_id="compare",
    )
    plain = asked(flag(rules=[{"id": "half", "split": HALVES, "seed": "trial"}]), subject="u-2")
    assert plain.assignment is None, "a split that nobody compares assigns nobody"
    assert plain.bucket == evaluation.bucket, "an experiment shuffles by its own key"


def test_flags_of_one_experiment_place_alike() -> None:
    one, other = flag("one", rules=[COMPARED]), flag("other", rules=[COMPARED])
    for number in range(50):
        assert (
            asked(one, subject=f"u-{number}").variant == asked(other, subject=f"u-{number}").variant
        )


def test_a_forced_variation_is_served_and_assigns_nobody() -> None:
    document = flag(rules=[COMPARED])
    for variation in ("on", "off"):
        evaluation = asked(document, forced={"trial": variation})
        assert (evaluation.variant, evaluation.rule_id) == (variation, "compare")
        assert evaluation.assignment is None
    assert asked(document, forced={"trial": "none such"}).reason is Reason.DEFAULT
    assert asked(document, forced={"another": "on"}).assignment is not None


def test_experiments_in_disjoint_pieces_of_a_namespace_never_share_a_subject() -> None:
    def within(name: str, start: float, end: float) -> Json:
        space: JsonValue = {"id": "checkout", "from": start, "to": end}
        return flag(name, rules=[{**COMPARED, "experiment": name, "namespace": space}])

    first, second = within("first", 0, 0.4), within("second", 0.4, 1)
    taken = [
        (
            asked(first, subject=f"u-{number}").assignment is not None,
            asked(second, subject=f"u-{number}").assignment is not None,
        )
        for number in range(400)
    ]
    assert all(one is not other for one, other in taken), "everybody is in exactly one"
    assert sum(one for one, _ in taken) == pytest.approx(160, abs=40)


def test_a_namespace_limits_rules_that_compare_nothing_too() -> None:
    nobody: JsonValue = {"id": "checkout", "from": 0, "to": 0.001}
    for coverage in (0.9, 1.0):
        some: Json = {"id": "some", "variation": "on", "coverage": coverage, "namespace": nobody}
        document = flag(rules=[some])
        assert asked(document).reason is Reason.DEFAULT


def test_every_filter_must_have_the_subject() -> None:
    everybody: Json = {"seed": "a", "ranges": [[0, 1]]}
    nobody: Json = {"seed": "a", "by": "team", "ranges": [[0, 1]]}
    assert asked(flag(rules=[{"id": "r", "variation": "on", "filters": [everybody]}])).value is True
    both: JsonValue = [everybody, nobody]
    document = flag(rules=[{"id": "r", "variation": "on", "filters": both}])
    assert asked(document).value is False, "without a team nobody is drawn by it"
    assert asked(document, team="t-1").value is True


def test_ranges_stand_in_place_of_weights_and_coverage() -> None:
    rule: Json = {**COMPARED, "ranges": {"on": [0.0, 1.0]}, "coverage": 0.1}
    assert {asked(flag(rules=[rule]), subject=f"u-{n}").variant for n in range(50)} == {"on"}


def test_a_holdout_lets_pass_whom_it_does_not_hold_and_tells_of_both() -> None:
    everybody: JsonValue = {"off": 0.0, "on": 1.0}
    holdout: Json = {**COMPARED, "id": "holdout", "experiment": "everything", "split": everybody}
    passing = flag(rules=[{**holdout, "holdout": ["on"]}, COMPARED])
    evaluation = asked(passing)
    assert evaluation.rule_id == "compare"
    found = assignments_of(evaluation)
    assert [each.experiment for each in found] == ["everything", "trial"]
    holding = asked(flag(rules=[{**holdout, "holdout": ["off"]}, COMPARED]))
    assert (holding.rule_id, holding.held) == ("holdout", ())
    nothing_follows = asked(flag(rules=[{**holdout, "holdout": ["on"]}]))
    assert nothing_follows.reason is Reason.DEFAULT
    assert [each.experiment for each in nothing_follows.held] == ["everything"]


STICKY: Json = {**COMPARED, "sticky": True, "fallback_by": "anonymous"}


def test_what_was_assigned_before_login_stays_after_it() -> None:
    document = flag(rules=[STICKY])
    for number in range(30):
        before = asked(document, subject="", anonymous=f"a-{number}").assignment
        assert before is not None
        assert (before.by, before.sticky) == ("anonymous", False)
        kept = to_keep([before])
        assert kept == {f"anonymous||a-{number}": {"trial__0": before.variation}}
        after = asked(
            document, subject=f"u-{number}", sticky=kept, anonymous=f"a-{number}"
        ).assignment
        assert after is not None
        assert (after.variation, after.by, after.sticky) == (before.variation, "targetingKey", True)
        both = merged(kept, to_keep([after]))
        assert both[f"targetingKey||u-{number}"] == {"trial__0": before.variation}
        assert both[f"anonymous||a-{number}"] == {"trial__0": before.variation}


def test_a_sticky_assignment_outlives_smaller_coverage_and_namespaces_but_not_its_condition() -> (
    None
):
    kept: Sticky = {"targetingKey||u-1": {"trial__0": "on"}}
    nobody: JsonValue = {"id": "checkout", "from": 0, "to": 0.0001}
    narrow: Json = {**STICKY, "coverage": 0, "namespace": nobody}
    assert placed(flag(rules=[narrow]), sticky=kept).variation == "on"
    assert asked(flag(rules=[narrow])).assignment is None
    aimed = flag(rules=[{**STICKY, "when": {"country": "DE"}}])
    assert asked(aimed, sticky=kept, country="FR").assignment is None


def test_a_raised_bucket_version_assigns_anew_and_a_least_one_leaves_out() -> None:
    kept: Sticky = {"targetingKey||u-1": {"trial__0": "on"}}
    anew = placed(flag(rules=[{**STICKY, "bucket_version": 1}]), sticky=kept)
    assert (anew.sticky, anew.keep) == (False, "trial__1")
    least: Json = {**STICKY, "bucket_version": 1, "min_bucket_version": 1}
    assert asked(flag(rules=[least]), sticky=kept).assignment is None
    assert asked(flag(rules=[least])).assignment is not None


def test_a_rule_that_is_not_sticky_neither_looks_back_nor_keeps() -> None:
    kept: Sticky = {"targetingKey||u-1": {"trial__0": "on", "trial__1": "off"}}
    fresh, again = placed(flag(rules=[COMPARED])), placed(flag(rules=[COMPARED]), sticky=kept)
    assert fresh == again
    assert to_keep([again]) == {}


def test_a_variation_that_is_gone_is_not_kept() -> None:
    kept: Sticky = {"targetingKey||u-1": {"trial__0": "purple"}}
    assert placed(flag(rules=[STICKY]), sticky=kept) == placed(flag(rules=[STICKY]))


PARENT = flag("parent", rules=[{"id": "germans", "when": {"country": "DE"}, "variation": "on"}])
ON: list[JsonValue] = [{"flag": "parent", "when": {"value": True}}]


def test_a_flag_needs_what_its_prerequisites_say() -> None:
    child = flag("child", prerequisites=ON, rules=[{"id": "all", "variation": "on"}])
    assert asked(child, PARENT, country="DE").value is True
    closed = asked(child, PARENT, country="FR")
    assert (closed.value, closed.reason, closed.rule_id) == (False, Reason.DISABLED, None)
    assert asked(child).reason is Reason.DISABLED, "a flag that is gone meets nothing"


def test_a_rule_whose_prerequisites_are_not_met_is_passed_over() -> None:
    rules: JsonValue = [
        {"id": "needing", "prerequisites": ON, "variation": "on"},
        {"id": "rest", "variation": "off"},
    ]
    child = flag("child", rules=rules)
    assert asked(child, PARENT, country="DE").rule_id == "needing"
    assert asked(child, PARENT, country="FR").rule_id == "rest"


def test_flags_that_need_each_other_are_closed_and_sink_nobody() -> None:
    def needing(name: str, other: str) -> Json:
        needed: JsonValue = [{"flag": other, "when": {"value": False}}]
        return flag(name, prerequisites=needed, rules=[{"id": "all", "variation": "on"}])

    ring = (needing("a", "b"), needing("b", "c"), needing("c", "a"), needing("d", "a"))
    rules = ruleset(*ring, PARENT)
    for name in ("a", "b", "c", "d"):
        assert evaluate(compiled(rules, name), {}).reason is Reason.DISABLED
    assert evaluate(compiled(rules, "parent"), {"country": "DE"}).value is True


def test_a_chain_of_prerequisites_that_is_too_long_is_closed_at_its_end() -> None:
    def link(number: int) -> Json:
        needed: JsonValue = [{"flag": f"f-{number - 1}", "when": {"value": True}}]
        rules: JsonValue = [{"id": "all", "variation": "on"}]
        return flag(f"f-{number}", prerequisites=needed if number else [], rules=rules)

    rules = ruleset(*(link(number) for number in range(2_000)))
    values = [evaluate(compiled(rules, f"f-{number}"), {}).value for number in range(2_000)]
    assert values[:16] == [True] * 16
    assert not any(values[16:])


def test_a_prerequisite_is_looked_at_once_in_an_evaluation() -> None:
    twice: JsonValue = [*ON, *ON]
    child = flag("child", prerequisites=twice, rules=[{"id": "all", "variation": "on"}])
    found, known = compiled(ruleset(child, PARENT), "child"), dict[str, JsonValue]()
    assert evaluate(found, {"country": "DE"}, known=known).value is True
    assert known == {"parent": True}
    assert evaluate(found, {"country": "FR"}, known=known).value is True, "as it was known"


SEGMENTS: tuple[Json, ...] = (
    {"kind": "segment", "id": "testers", "members": ["u-1", "u-2"]},
    {"kind": "segment", "id": "teams", "by": "team", "members": ["t-1", 7]},
    {"kind": "segment", "id": "paying", "when": {"plan": {"$in": ["business"]}}},
)


@pytest.mark.parametrize(
    ("when", "context", "concerned"),
    [
        ({"targetingKey": {"$inGroup": "testers"}}, {}, True),
        ({"targetingKey": {"$notInGroup": "testers"}}, {}, False),
        ({"$savedGroup": {"id": "teams"}}, {"team": 7}, True),
        ({"$savedGroup": {"id": "teams"}}, {"team": "t-2"}, False),
        ({"$savedGroup": {"id": "paying"}, "country": "DE"}, {"plan": "business"}, False),
        (
            {"$savedGroup": {"id": "paying"}, "country": "DE"},
            {"plan": "business", "country": "DE"},
            True,
        ),
        ({"$nor": [{"$savedGroup": {"id": "paying"}}]}, {"plan": "business"}, False),
        ({"$savedGroup": {"id": "gone"}}, {}, False),
        ({"targetingKey": {"$inGroup": "gone"}}, {}, False),
    ],
)
def test_conditions_name_segments(when: Json, context: Json, concerned: bool) -> None:  # noqa: FBT001
    document = flag(rules=[{"id": "some", "when": when, "variation": "on"}])
    found = compiled(ruleset(document, *SEGMENTS))
    assert evaluate(found, {"targetingKey": "u-1", **context}).value is concerned


def test_a_changed_segment_is_seen_by_the_flags_that_name_it() -> None:
    document = flag(
        rules=[{"id": "r", "when": {"targetingKey": {"$inGroup": "testers"}}, "variation": "on"}]
    )
    rulesets = Rulesets()
    before = rulesets.of(snapshot(document, SEGMENTS[0]), NOW)
    assert evaluate(compiled(before), {"targetingKey": "u-9"}).value is False
    grown: Json = {**SEGMENTS[0], "members": ["u-9"]}
    after = rulesets.of(snapshot(document, grown, version=2), NOW)
    assert evaluate(compiled(after), {"targetingKey": "u-9"}).value is True
    assert after.version != before.version


def test_a_changed_prerequisite_is_seen_by_the_flags_that_need_it() -> None:
    child = flag("child", prerequisites=ON, rules=[{"id": "all", "variation": "on"}])
    rulesets = Rulesets()
    rulesets.of(snapshot(child, PARENT), NOW)
    opened: Json = flag("parent", default="on")
    after = rulesets.of(snapshot(child, opened, version=2), NOW)
    assert evaluate(compiled(after, "child"), {}).value is True


def test_an_environment_may_switch_a_flag_off() -> None:
    document = flag(environments={"prod": False}, default="off", rules=[COMPARED])
    at = {name: ruleset(document, environment=name) for name in ("local", "prod")}
    found = {name: evaluate(compiled(each), {"targetingKey": "u"}) for name, each in at.items()}
    assert found["local"].reason is Reason.SPLIT
    assert found["prod"].reason is Reason.DISABLED
    assert at["local"].version != at["prod"].version


def test_an_archived_flag_is_not_found() -> None:
    assert ruleset(flag(archived=True)).flags == {}


HOUR = timedelta(hours=1)


def at(moment: datetime) -> str:
    return moment.isoformat()


def test_a_rule_applies_from_its_beginning_until_its_end() -> None:
    span: Json = {"from": at(NOW), "until": at(NOW + HOUR)}
    document = flag(rules=[{"id": "sale", "variation": "on", **span}])
    for moment, value in (
        (NOW - timedelta(microseconds=1), False),
        (NOW, True),
        (NOW + HOUR - timedelta(microseconds=1), True),
        (NOW + HOUR, False),
    ):
        assert asked(document, now=moment).value is value, moment


def test_a_ramp_grows_the_coverage_step_by_step_and_loses_nobody() -> None:
    steps: JsonValue = [
        {"at": at(NOW + HOUR), "coverage": 0.5},
        {"at": at(NOW + 2 * HOUR), "coverage": 1.0},
    ]
    document = flag(rules=[{"id": "some", "variation": "on", "coverage": 0.1, "ramp": steps}])
    included = [
        {n for n in range(300) if asked(document, subject=f"u-{n}", now=NOW + step * HOUR).value}
        for step in range(3)
    ]
    assert included[0] < included[1] < included[2]
    assert [len(each) for each in included] == [
        pytest.approx(30, abs=20),
        pytest.approx(150, abs=40),
        300,
    ]


def test_nothing_compiles_again_before_something_changes_by_itself() -> None:
    opening = flag(rules=[{"id": "sale", "variation": "on", "from": at(NOW + HOUR)}])
    published = snapshot(opening, PARENT)
    rulesets = Rulesets()
    before = rulesets.of(published, NOW)
    assert before.until == NOW + HOUR
    assert rulesets.of(published, NOW + HOUR - timedelta(seconds=1)) is before
    after = rulesets.of(published, NOW + HOUR)
    assert (after.until, after.flags["parent"]) == (None, before.flags["parent"])
    assert after.version != before.version
    assert evaluate(compiled(after), {}).value is True
    assert rulesets.of(published, NOW + 9 * HOUR) is after


def test_a_document_without_a_reading_sinks_no_flag_that_needs_it() -> None:
    unreadable: Mapping[str, JsonValue] = {"kind": "flag", "id": "parent", "type": "hologram"}
    child = flag("child", prerequisites=ON, rules=[{"id": "all", "variation": "on"}])
    assert asked(child, dict(unreadable)).reason is Reason.DISABLED
