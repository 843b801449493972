"""How an experiment was meant to split, and what rolling back makes of its rule."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.experiments.design import design_of, weights_of
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.rollback_documents import concluded, switched_back
from cairn.experiments.status import LAST_LOOKS, is_due, status_of
from cairn.flags.check import check_flag
from cairn.flags.compile import compile_flag
from cairn.flags.documents import LAST_BUCKET_VERSION, FlagDocument, RuleDocument
from cairn.flags.evaluate import evaluate
from cairn.flags.model import Evaluation, Sticky
from cairn.flags.placing import TargetingKeyMissing
from cairn.flags.schedule import current
from tests.judging import CONTROL, DOCUMENT, EXPERIMENT, FLAG, NOW, OTHER, PURCHASES, STARTED, Json

RULE: Final = {"id": "compare", "experiment": EXPERIMENT, "split": {CONTROL: 0.5, OTHER: 0.5}}
SUBJECTS: Final = [f"u-{number}" for number in range(200)]


def rule(**fields: object) -> RuleDocument:
    return RuleDocument.model_validate({**RULE, **fields})


def flag(**fields: object) -> FlagDocument:
    return FlagDocument.model_validate({**FLAG, "rules": [{**RULE, **fields}]})


def variants(of: FlagDocument, **kept: str) -> dict[str, str]:
    """What subjects are given, who were assigned this before."""
    compiled = compile_flag(of, 1)
    given = {}
    for each in SUBJECTS:
        sticky = {f"targetingKey||{each}": kept} if kept else {}
        given[each] = evaluate(compiled, {"targetingKey": each}, sticky=sticky).variant
    return given


def test_weights_are_those_of_the_split() -> None:
    assert weights_of(rule(split={CONTROL: 0.2, OTHER: 0.8})) == {CONTROL: 0.2, OTHER: 0.8}


def test_lengths_of_ranges_go_before_weights() -> None:
    ranged = rule(ranges={CONTROL: (0, 0.1), OTHER: (0.5, 0.8)})
    assert weights_of(ranged) == pytest.approx({CONTROL: 0.1, OTHER: 0.3})


def test_where_ranges_overlap_the_first_one_has_the_subjects() -> None:
    overlapping = rule(ranges={CONTROL: (0.2, 0.6), OTHER: (0, 1)})
    assert weights_of(overlapping) == pytest.approx({CONTROL: 0.4, OTHER: 0.6})


def test_a_ramp_is_no_other_design_and_another_seed_is() -> None:
    design = design_of(rule(), NOW)
    assert design.same_as(design_of(rule(coverage=0.5), NOW + timedelta(days=1)))
    assert not design.same_as(design_of(rule(seed="other"), NOW))
    assert not design.same_as(design_of(rule(split={CONTROL: 0.4, OTHER: 0.6}), NOW))


def test_a_design_compares_where_the_control_and_something_else_get_subjects() -> None:
    assert design_of(rule(), NOW).compares(CONTROL)
    assert not design_of(rule(), NOW).compares("none")
    assert not design_of(rule(split={CONTROL: 1, OTHER: 0}), NOW).compares(CONTROL)


def test_rolling_back_gives_everybody_the_control() -> None:
    back = switched_back(flag(), EXPERIMENT, CONTROL)
    assert set(variants(flag()).values()) == {CONTROL, OTHER}
    assert set(variants(back).values()) == {CONTROL}


def test_rolling_back_twice_is_rolling_back_once() -> None:
    back = switched_back(flag(sticky=True), EXPERIMENT, CONTROL)
    assert switched_back(back, EXPERIMENT, CONTROL) is back


def test_who_was_assigned_before_does_not_keep_it() -> None:
    sticky = flag(sticky=True)
    kept = {f"{EXPERIMENT}__0": OTHER}
    assert set(variants(sticky, **kept).values()) == {OTHER}
    assert set(variants(switched_back(sticky, EXPERIMENT, CONTROL), **kept).values()) == {CONTROL}


@pytest.mark.parametrize("version", [LAST_BUCKET_VERSION - 1, LAST_BUCKET_VERSION])
def test_the_last_bucket_version_can_be_rolled_back_too(version: int) -> None:
    sticky = flag(sticky=True, bucket_version=version)
    kept = {f"{EXPERIMENT}__{version}": OTHER}
    back = switched_back(sticky, EXPERIMENT, CONTROL)
    assert set(variants(sticky, **kept).values()) == {OTHER}
    assert set(variants(back, **kept).values()) == {CONTROL}
    assert check_flag(back) == []
    assert switched_back(back, EXPERIMENT, CONTROL) is back


LEFT_OUT: Final[Mapping[str, Json]] = {
    "coverage": {"coverage": 0.2},
    "a ramp": {"coverage": 0.2, "ramp": [{"at": NOW.isoformat(), "coverage": 0.3}]},
    "ranges": {"ranges": {CONTROL: (0, 0.1), OTHER: (0.5, 0.6)}},
}


@pytest.mark.parametrize("fields", LEFT_OUT.values(), ids=LEFT_OUT)
def test_whom_the_rule_left_out_does_not_get_what_harms_by_the_default(fields: Json) -> None:
    rest = {"id": "rest", "variation": OTHER}
    given = flag(**fields).model_dump(by_alias=True, exclude_unset=True)
    for written in ({"default": OTHER}, {"rules": [*given["rules"], rest]}):
        harmful = FlagDocument.model_validate({**given, **written})
        assert set(variants(harmful).values()) == {CONTROL, OTHER}
        back = switched_back(harmful, EXPERIMENT, CONTROL)
        assert set(variants(back).values()) == {CONTROL}


def test_weights_that_were_set_by_hand_are_no_rollback_as_long_as_somebody_keeps_the_other() -> (
    None
):
    by_hand = flag(sticky=True, split={CONTROL: 1, OTHER: 0})
    kept = {f"{EXPERIMENT}__0": OTHER}
    assert set(variants(by_hand, **kept).values()) == {OTHER}
    back = switched_back(by_hand, EXPERIMENT, CONTROL)
    assert set(variants(back, **kept).values()) == {CONTROL}


def test_who_kept_what_harms_outside_of_the_namespace_gets_the_control_too() -> None:
    namespace = {"id": "checkout", "from": 0, "to": 0.3}
    given = flag(sticky=True, namespace=namespace).model_copy(update={"default": OTHER})
    kept = {f"{EXPERIMENT}__0": OTHER}
    assert set(variants(given, **kept).values()) == {OTHER}
    assert set(variants(switched_back(given, EXPERIMENT, CONTROL), **kept).values()) == {CONTROL}


def test_a_rule_that_was_put_off_gives_the_control_at_once() -> None:
    given = flag(**{"from": (NOW + timedelta(days=1)).isoformat()})
    back = current(switched_back(given, EXPERIMENT, CONTROL), NOW, "")
    assert set(variants(back.model_copy(update={"default": OTHER})).values()) == {CONTROL}


INSTANTS: Final = [NOW + timedelta(days=day) for day in range(-3, 4)]
COVERAGES: Final = st.sampled_from([0.0, 0.2, 0.5, 1.0])
PIECES: Final = st.sampled_from([(0.0, 0.3), (0.2, 0.6), (0.5, 1.0)])
CONDITIONS: Final = st.sampled_from([{"country": "DE"}, {"country": {"$ne": "DE"}}])
ENVIRONMENT: Final = "prod"


def ramps() -> st.SearchStrategy[list[Json]]:
    steps = st.tuples(st.sampled_from(INSTANTS), COVERAGES)
    return st.lists(steps, max_size=2, unique_by=lambda step: step[0]).map(
        lambda found: [{"at": at.isoformat(), "coverage": share} for at, share in sorted(found)]
    )


def schedules() -> st.SearchStrategy[Json]:
    pair = st.lists(st.sampled_from(INSTANTS), min_size=2, max_size=2, unique=True).map(sorted)
    names = st.sampled_from([("from",), ("until",), ("from", "until"), ()])
    return st.builds(
        lambda names, at: {name: at[name == "until"].isoformat() for name in names},
        names,
        pair,
    )


@st.composite
def compared(draw: st.DrawFn) -> Json:
    """A rule of the experiment, with all that may keep somebody from its variations."""
    weight = draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))
    rule: dict[str, Any] = {**RULE, "split": {OTHER: 1 - weight, CONTROL: weight}}
    rule |= draw(schedules())
    if draw(st.booleans()):
        rule |= {"sticky": True, "fallback_by": draw(st.sampled_from(["device", None]))}
        versions = sorted(draw(st.lists(VERSIONS, min_size=2, max_size=2)))
        rule |= {"min_bucket_version": versions[0], "bucket_version": versions[1]}
    if draw(st.booleans()):
        pieces = draw(st.lists(PIECES, min_size=2, max_size=2))
        rule["ranges"] = dict(zip([OTHER, CONTROL], pieces, strict=True))
    else:
        rule |= {"coverage": draw(COVERAGES), "ramp": draw(ramps())}
    if draw(st.booleans()):
        start, end = draw(PIECES)
        rule["namespace"] = {"id": "checkout", "from": start, "to": end}
    if draw(st.booleans()):
        rule["filters"] = [{"seed": "some", "ranges": [draw(PIECES)]}]
    if draw(st.booleans()):
        rule["when"] = draw(CONDITIONS)
    return rule


VERSIONS: Final = st.sampled_from([0, 1, 2, LAST_BUCKET_VERSION])


@st.composite
def surrounded(draw: st.DrawFn) -> FlagDocument:
    """A flag with such a rule, somewhere among others."""
    other = {"variation": OTHER, "coverage": draw(COVERAGES), "when": draw(CONDITIONS)}
    before = [{**other, "id": "before"}] if draw(st.booleans()) else []
    behind = [{"id": "behind", "variation": OTHER}] if draw(st.booleans()) else []
    rules = [*before, draw(compared()), *behind]
    default = draw(st.sampled_from([CONTROL, OTHER]))
    environments = draw(st.sampled_from([{}, {ENVIRONMENT: False}, {"dev": False}]))
    return FlagDocument.model_validate(
        {**FLAG, "rules": rules, "default": default, "environments": environments}
    )


def visits() -> Iterator[tuple[Json, Sticky]]:
    """Contexts, each with what was kept of its subject."""
    for number, country, named, kept in product(
        range(30), ("DE", "AT"), (True, False), ((), (0,), (1,), (2, LAST_BUCKET_VERSION))
    ):
        device, key = f"d-{number}", f"u-{number}"
        known = {f"{EXPERIMENT}__{version}": OTHER for version in kept}
        owner = f"targetingKey||{key}" if named and number % 2 else f"device||{device}"
        context = {"device": device, "country": country}
        yield ({**context, "targetingKey": key} if named else context, {owner: known})


VISITS: Final = list(visits())


def given_to(of: FlagDocument, at: datetime) -> list[Evaluation | None]:
    """What all visitors are given, as far as they say enough of themselves."""
    compiled = compile_flag(current(of, at, ENVIRONMENT), 1)
    found: list[Evaluation | None] = []
    for context, sticky in VISITS:
        try:
            found.append(evaluate(compiled, context, sticky=sticky))
        except TargetingKeyMissing:
            found.append(None)
    return found


@given(before=surrounded(), at=st.sampled_from(INSTANTS))
def test_nobody_whom_the_rule_gave_something_else_than_the_control_still_gets_it(
    before: FlagDocument, at: datetime
) -> None:
    back = switched_back(before, EXPERIMENT, CONTROL)
    was = given_to(before, at)
    harmed = [
        place
        for place, each in enumerate(was)
        if each is not None and each.rule_id == RULE["id"] and each.variant != CONTROL
    ]
    for later in INSTANTS[INSTANTS.index(at) :]:
        now = given_to(back, later)
        assert {each.variant if (each := now[place]) else None for place in harmed} <= {CONTROL}


@given(before=surrounded())
def test_what_was_publishable_is_so_afterwards_and_rolled_back_once(before: FlagDocument) -> None:
    assert check_flag(before) == []
    back = switched_back(before, EXPERIMENT, CONTROL)
    assert check_flag(back) == []
    assert switched_back(back, EXPERIMENT, CONTROL) is back


def test_a_rule_of_another_experiment_stays_as_it_is() -> None:
    assert switched_back(flag(), "another", CONTROL) == flag()


def test_an_experiment_that_is_concluded_takes_in_nobody_from_then_on() -> None:
    running = ExperimentDocument.model_validate(DOCUMENT)
    over = concluded(running, NOW)
    assert over.ends == NOW
    assert concluded(over, NOW + timedelta(days=1)) is over


def test_an_experiment_goes_from_draft_to_its_end() -> None:
    metrics = {"purchases": MetricDocument.model_validate({**PURCHASES, "window_hours": 48})}
    told = {**DOCUMENT, "guardrails": [], "until": NOW.isoformat()}
    document = ExperimentDocument.model_validate(told)

    def at(moment: datetime) -> tuple[str, bool]:
        return status_of(document, metrics, moment), is_due(document, metrics, moment)

    window = timedelta(hours=48)
    instant = timedelta(microseconds=1)
    assert at(STARTED - instant) == ("draft", False)
    assert at(STARTED) == ("running", True)
    assert at(NOW - instant) == ("running", True)
    assert at(NOW) == ("collecting", True)
    assert at(NOW + window) == ("ended", True)
    assert at(NOW + window + LAST_LOOKS) == ("ended", False)


def test_without_a_beginning_it_is_a_draft() -> None:
    document = ExperimentDocument.model_validate({**DOCUMENT, "started": None})
    assert status_of(document, {}, datetime.max.replace(tzinfo=UTC)) == "draft"
