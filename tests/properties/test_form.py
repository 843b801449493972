"""Whatever the flow and whoever the visitor: what is shown may be shown, and nothing leaks."""

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from cairn.decisions.cascade import run
from cairn.decisions.finding import Finding, Pass
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.surfaces.form.answers import satisfies
from cairn.decisions.surfaces.form.case import case_of_visit, inputs
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown, Visit
from cairn.decisions.surfaces.form.plan import plan_of
from cairn.decisions.surfaces.form.surface import FORM
from cairn.decisions.tiers import Fallback, Rules
from cairn.events.registry import COMPLETE
from cairn.platform.clock import Deadline
from cairn.platform.lanes import Lanes
from tests.flows import CALM, Written, compiled, field, flow, rule, step

SECRET: Final = "tell-nobody"
NAMES: Final = ("a", "b", "c", "d", "e", "f")
LANES: Final = Lanes(1)

type Answers = dict[str, JsonValue]
type Build = Any  # Any: Hypothesis' own draw


@st.composite
def conditions(draw: Build, personal: frozenset[str]) -> Written:
    """A condition over answers, traits and the session; of personal ones, over their presence."""
    name = draw(st.sampled_from(NAMES))
    plain = st.sampled_from([{"$exists": True}, {"$exists": False}])
    valued = plain | st.sampled_from(["x", "y", {"$ne": "x"}, {"$in": ["x", "y"]}])
    clause = {f"answers.{name}": draw(plain if name in personal else valued)}
    more = draw(
        st.sampled_from(
            [{}, {"subject.t": "x"}, {"session.steps_seen": {"$size": 0}}, {"$not": dict(clause)}]
        )
    )
    return {**clause, **more}


@st.composite
def flows(draw: Build) -> Flow:
    """A flow of up to four steps over the fields a to f, some of them required or personal."""
    personal = draw(st.frozensets(st.sampled_from(NAMES)))
    fields = [
        field(name, required=draw(st.booleans()), personal=name in personal) for name in NAMES
    ]
    cuts = sorted(draw(st.sets(st.integers(1, 5), max_size=3)))
    parts = [fields[low:high] for low, high in zip([0, *cuts], [*cuts, 6], strict=True)]
    always: st.SearchStrategy[Written] = st.just({})
    when = always | conditions(personal)
    steps = [step(f"s{n}", *part, when=draw(when)) for n, part in enumerate(parts)]
    rules = [_rule(draw, f"r{n}", steps, draw(when)) for n in range(draw(st.integers(0, 5)))]
    return compiled(flow(*steps, rules=rules, threshold=draw(st.sampled_from([0.0, 0.5, 1.0]))))


def _rule(draw: Build, name: str, steps: list[Written], when: Written) -> Written:
    confidence = draw(st.floats(0, 1))
    target = draw(st.sampled_from([*steps, None]))
    if target is None:
        return rule(name, COMPLETE, when, confidence=confidence)
    required = [each["id"] for each in target["fields"] if each["required"]]
    optional = [each["id"] for each in target["fields"] if not each["required"]]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
    shown = draw(st.permutations([*required, *chosen]))
    more = {"fields": shown} if draw(st.booleans()) else {}
    return rule(name, target["id"], when, confidence=confidence, **more)


answers = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["x", "y", ""]))
seen = st.lists(st.sampled_from(["s0", "s1", "s2", "s3"]), unique=True).map(tuple)
traits = st.dictionaries(st.just("t"), st.sampled_from(["x", "y"]))


def case(
    flow: Flow, given: dict[str, Any], known: dict[str, Any], shown: tuple[str, ...]
) -> Case:  # Any: JSON
    visit = Visit(given, known, shown[-1] if shown else None, shown, CALM.model_dump())
    return case_of_visit("demo", flow, visit)


def decided(here: Case) -> Finding[Shown]:
    fallback = Fallback(FORM)
    return run(here, (Rules(FORM),), fallback, FORM.admits, Deadline.within(60_000)).finding


@settings(deadline=None)  # on machines that are shared
@given(flows(), answers, traits, seen)
def test_a_decision_is_always_on_the_whitelist_with_every_required_field(
    flow: Flow, given: Answers, known: Answers, shown: tuple[str, ...]
) -> None:
    here = case(flow, given, known, shown)
    finding = decided(here)
    assert FORM.admits(here, finding.choice)
    plan = plan_of(here, finding.choice)
    assert 0 <= plan.progress <= 1
    if plan.step_id == COMPLETE:
        open_steps = [flow.steps[name] for name in here.offered]
        assert not any(step.required for step in open_steps)
    else:
        assert {each.id for each in plan.fields} >= flow.steps[plan.step_id].required


@settings(deadline=None)  # on machines that are shared
@given(flows(), answers, traits)
def test_whoever_answers_what_is_asked_reaches_the_end(
    flow: Flow, given: Answers, known: Answers
) -> None:
    filled = dict(given)
    shown: tuple[str, ...] = ()
    for _ in range(2 * len(flow.steps) + 1):
        here = case(flow, filled, known, shown)
        plan = plan_of(here, decided(here).choice)
        if plan.step_id == COMPLETE:
            return
        filled |= {
            each.id: "x"
            for each in plan.fields
            if each.required and not satisfies(flow.fields[each.id], filled.get(each.id))
        }
        shown = shown if plan.step_id in shown else (*shown, plan.step_id)
    raise AssertionError("the flow does not end")


@settings(deadline=None)  # on machines that are shared
@given(flows(), answers, traits, seen)
def test_personal_values_change_neither_inputs_nor_key_nor_decision(
    flow: Flow, given: Answers, known: Answers, shown: tuple[str, ...]
) -> None:
    secret = {
        name: SECRET if flow.fields[name].personal and value else value
        for name, value in given.items()
    }
    here, there = case(flow, given, known, shown), case(flow, secret, known, shown)
    plans = PlanCache(FORM, Finding[Shown], None, LANES, lambda: 0.0)
    assert plans.key(here) == plans.key(there)
    assert decided(here) == decided(there)
    assert SECRET not in json.dumps([dict(there.attributes), dict(inputs(there))])
    assert SECRET not in decided(there).model_dump_json()


visitors = st.tuples(answers, traits, seen)


@settings(deadline=None, max_examples=200)
@given(flows(), visitors, visitors)
def test_equal_inputs_mean_equal_rules(
    flow: Flow,
    one: tuple[Answers, Answers, tuple[str, ...]],
    two: tuple[Answers, Answers, tuple[str, ...]],
) -> None:
    here, there = case(flow, *one), case(flow, *two)
    if inputs(here) == inputs(there):
        first, second = FORM.rules(here), FORM.rules(there)
        assert type(first) is type(second)
        assert first == second
        if isinstance(first, Finding):
            assert FORM.admits(there, first.choice)
        else:
            assert isinstance(second, Pass)
