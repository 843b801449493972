"""What is done to flags, which are listed, and what must stay true of the others; pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from cairn.configuration.model import Document, Kind
from cairn.experiments.model import ExperimentDocument
from cairn.experiments.publishable import Together, check_change
from cairn.flags.documents import FlagDocument, SegmentDocument
from cairn.flags.listing import Filter, Listed, page
from cairn.flags.managing import archived, rolled_out, switched
from cairn.platform.errors import Unprocessable

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SPLIT = {"id": "compare", "split": {"on": 0.5, "off": 0.5}, "experiment": "trial"}


def flag(key: str = "a", **more: object) -> FlagDocument:
    written = {"kind": "flag", "id": key, "type": "boolean", "default": "off", **more}
    return FlagDocument.model_validate(written)


def experiment(**more: object) -> ExperimentDocument:
    written: dict[str, Any] = {  # Any: JSON
        "kind": "experiment",
        "id": "trial",
        "hypothesis": "It helps.",
        "flag": "a",
        "control": "off",
        "metrics": ["purchases"],
        **more,
    }
    return ExperimentDocument.model_validate(written)


def broken(changed: FlagDocument, together: Together) -> set[tuple[str, str]]:
    return {(each.pointer, each.code) for each in check_change(changed, together, NOW)}


def test_a_switch_is_thrown_everywhere_or_in_one_environment() -> None:
    off = switched(flag(), enabled=False, environment=None)
    assert (off.enabled, off.environments) == (False, {})
    dev = switched(
        switched(flag(), enabled=False, environment="dev"), enabled=True, environment="x"
    )
    assert (dev.enabled, dev.environments) == (True, {"dev": False, "x": True})


def test_a_flag_is_put_away_and_brought_back() -> None:
    away = archived(flag(), away=True)
    assert away.archived
    assert archived(away, away=False) == flag()


def test_a_rollout_touches_one_rule_only() -> None:
    rules = [{"id": name, "variation": "on", "coverage": 0.1} for name in ("x", "y")]
    changed = rolled_out(flag(rules=rules), "y", 0.4)
    assert [rule.coverage for rule in changed.rules] == [0.1, 0.4]


@pytest.mark.parametrize(
    "rule",
    [
        {"coverage": 0.1, "ramp": [{"at": NOW, "coverage": 1.0}]},
        {"ranges": {"on": [0.0, 0.5]}},
    ],
)
def test_a_share_that_would_have_no_effect_is_refused(rule: Mapping[str, object]) -> None:
    with pytest.raises(Unprocessable) as raised:
        rolled_out(flag(rules=[{"id": "x", "split": {"on": 1.0}, **rule}]), "x", 0.5)
    assert raised.value.violations[0].code == "flag.no_effect"


def listed(key: str, *stale: str, **more: object) -> Listed:
    return Listed(Document(Kind.FLAG, key, 1, "{}", ""), flag(key, **more), stale)


@given(st.sets(st.sampled_from("abcdefgh")), st.integers(1, 4))
def test_pages_give_each_flag_once_in_order(names: set[str], limit: int) -> None:
    flags = [listed(name) for name in names]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        shown, after = page(flags, Filter(), after, limit)
        assert len(shown) <= limit
        seen += [each.flag.id for each in shown]
    assert seen == sorted(names)


def test_stale_and_archived_flags_are_told_apart() -> None:
    flags = [listed("a"), listed("b", "flag.expired"), listed("c", archived=True)]

    def found(wanted: Filter) -> list[str]:
        return [each.flag.id for each in page(flags, wanted, "", 9)[0]]

    assert found(Filter()) == ["a", "b"]
    assert found(Filter(stale=True)) == ["b"]
    assert found(Filter(stale=False)) == ["a"]
    assert found(Filter(archived=True)) == ["c"]


def test_a_flag_is_answerable_for_what_it_breaks_in_others() -> None:
    needs = flag("b", prerequisites=[{"flag": "a", "when": {"value": True}}])
    together = Together(flags={"a": flag(), "b": needs})
    assert broken(flag(archived=True), together) == {
        ("/flag/b/prerequisites/0/flag", "flag.unknown_prerequisite")
    }
    assert broken(flag(enabled=False), together) == set()


def test_a_flag_is_not_answerable_for_what_was_broken_before() -> None:
    alone = flag("b", prerequisites=[{"flag": "gone", "when": {"value": True}}])
    assert broken(flag(), Together(flags={"a": flag(), "b": alone})) == set()


def test_a_condition_fits_its_bounds_with_all_that_its_segments_say() -> None:
    many = [{"n": number} for number in range(300)]
    segment = SegmentDocument(kind="segment", id="many", when={"$or": many})
    together = Together(segments={"many": segment})
    named: list[JsonValue] = [{"$savedGroup": {"id": "many"}}] * 60

    def asking(times: int) -> FlagDocument:
        return flag(rules=[{"id": "r", "variation": "on", "when": {"$or": named[:times]}}])

    assert broken(asking(2), together) == set()
    assert broken(asking(60), together) == {("/rules/0/when", "condition.too_large")}


def test_a_condition_that_is_too_deep_is_told_once_with_its_place() -> None:
    when: JsonValue = {"n": 1}
    for _ in range(40):
        when = {"$not": when}
    deep = flag(rules=[{"id": "r", "variation": "on", "when": when}])
    (told,) = check_change(deep, Together(), NOW)
    assert (told.pointer, told.code) == ("/rules/0/when", "condition.too_deep")


def test_a_flag_keeps_the_rule_of_its_experiment() -> None:
    together = Together(flags={"a": flag(rules=[SPLIT])}, experiments={"trial": experiment()})
    assert broken(flag(), together) == {("/experiment/trial/flag", "experiment.no_rule")}
    renamed = flag(
        variations={"on": True, "no": False},
        default="no",
        rules=[{**SPLIT, "split": {"on": 0.5, "no": 0.5}}],
    )
    assert broken(renamed, together) == {
        ("/experiment/trial/control", "experiment.unknown_control")
    }


def test_a_flag_is_not_archived_while_its_experiment_goes_on() -> None:
    rules = [SPLIT]
    for started, until, codes in (
        ("2026-11-01T00:00:00Z", None, {("/experiment/trial/flag", "experiment.archived_flag")}),
        ("2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z", set()),
        (None, None, set()),
    ):
        running = experiment(started=started, until=until)
        together = Together(flags={"a": flag(rules=rules)}, experiments={"trial": running})
        assert broken(flag(rules=rules, archived=True), together) == codes


def test_what_another_version_wrote_is_left_out() -> None:
    odd = Document(Kind.FLAG, "odd", 1, '{"made_by": "a later version"}', "")
    good = Document(Kind.FLAG, "a", 1, flag().model_dump_json(exclude_unset=True), "")
    assert Together.of([odd, good]).flags == {"a": flag()}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"archived": True}, {("/flow/form/variants/flag", "flow.unknown_flag")}),
        (
            {"variations": {"off": False}},
            {("/flow/form/variants/variations/on", "flow.unknown_variation")},
        ),
        ({"enabled": False}, set()),
        ({"variations": {"off": False, "on": True, "new": True}}, set()),
    ],
)
def test_a_flag_stays_as_long_as_a_flow_depends_on_it(
    changed: dict[str, Any], codes: set[tuple[str, str]]
) -> None:
    written = {"id": "form", "variants": {"flag": "a", "variations": {"on": {"threshold": 1}}}}
    of_a_later_version = Document(Kind.FLOW, "form", 1, json.dumps(written), "")
    without = Document(Kind.FLOW, "plain", 1, '{"id": "plain"}', "")
    good = Document(Kind.FLAG, "a", 1, flag().model_dump_json(exclude_unset=True), "")
    together = Together.of([of_a_later_version, without, good])
    assert broken(flag(**changed), together) == codes
