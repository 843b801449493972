"""Whatever models say and however long they take: in time, on the whitelist, and discreet."""

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.decisions.degrading import TOLD
from cairn.decisions.finding import Middle
from cairn.decisions.log import notes
from cairn.decisions.model_port import Order
from cairn.events.registry import COMPLETE
from cairn.llm.model import Called, ChoiceReply, FailureCode
from tests.fakes.models import failed, said, tool
from tests.flows import field, flow, rule, step
from tests.house import House
from tests.words import NONE

SECRET: Final = "tell-nobody@secret.example"
FLOW: Final = flow(
    step("one", field("a", required=True), field("mail", required=True, personal=True)),
    step("two", field("b", required=True), field("note", personal=True)),
    step("three", field("c"), when={"answers.b": {"$exists": True}}),
    rules=[rule("r", "two", {"answers.a": "ruled"})],
    personal_traits=["email"],
)
STEPS: Final = ("one", "two", "three")

MIDDLE: Final[list[Middle]] = ["rules", "choice", "llm"]

orders = st.permutations(MIDDLE).flatmap(
    lambda tiers: st.integers(0, 3).map(lambda count: Order(tuple(tiers[:count])))
)
outputs = st.one_of(
    st.text(max_size=40),
    st.builds(lambda name, sure: f"{name} {sure}", st.sampled_from(STEPS), st.floats(0, 1)),
).map(lambda text: said(tool(text)))
failures: st.SearchStrategy[Called[Any]] = st.sampled_from(list(FailureCode)).map(failed)
weights = st.lists(st.floats(0, 1), min_size=4, max_size=4)
choices = weights.map(lambda each: said(ChoiceReply(dict(zip((*STEPS, NONE), each, strict=True)))))
answers = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["ruled", "x"]),
        "mail": st.just(SECRET),
        "b": st.just("y"),
        "note": st.just(SECRET),
    },
)


@settings(deadline=None, max_examples=150)
@given(
    orders, st.lists(outputs | failures, min_size=1), choices | failures, answers,
    st.integers(50, 3_000), st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_the_deadline_holds_and_the_plan_may_be_shown(  # noqa: PLR0913, PLR0917  # what may vary
    order: Order,
    said_by_tool: list[Any],
    said_by_choice: Any,  # noqa: ANN401  # a call of either kind
    given: dict[str, str],
    ms: int,
    slowness: tuple[float, float],
) -> None:
    house = House(order, written=FLOW)
    house.models.tools, house.models.choices = said_by_tool, [said_by_choice]
    slow = iter(slowness)
    allowed: list[float] = []

    def wait(may_take_ms: float) -> None:
        allowed.append(may_take_ms)
        house.ticks.pass_s(next(slow) * may_take_ms / 1000)

    house.models.waits = wait
    made = house.decide(ms=ms, answers=given)
    assert made.decision.timing_ms.total <= ms
    assert all(each > 0 for each in allowed)
    plan = made.decision.plan
    assert isinstance(plan, dict)
    shown = {each["id"] for each in plan["fields"]}  # type: ignore[index,union-attr,call-overload]  # a plan is an object
    required = {"one": {"a", "mail"}, "two": {"b"}, "three": set(), COMPLETE: set()}
    assert shown >= required[made.record.step]
    offered = {each.step for each in made.record.passed_over} | {made.record.step}
    assert made.record.step in offered
    assert {each.code for each in made.record.degraded} <= TOLD.keys()


@settings(deadline=None, max_examples=100)
@given(orders, outputs | failures, choices | failures, answers)
def test_personal_values_are_in_no_question_key_event_log_or_record(
    order: Order,
    said_by_tool: Any,  # noqa: ANN401  # a call of either kind
    said_by_choice: Any,  # noqa: ANN401  # the same
    given: dict[str, str],
) -> None:
    house = House(order, written=FLOW)
    house.models.tools, house.models.choices = [said_by_tool], [said_by_choice]
    subject = {"id": SECRET, "traits": {"email": SECRET}}
    made = [house.decide(answers=given, subject=subject) for _ in range(2)]
    cache: Any = house.cache
    told = [
        repr(house.models.asked),
        repr(house.models.subjects),
        repr(cache.kept),
        *(event.model_dump_json() for event in house.desk.reported),
        *(json.dumps(notes(each)) for each in made),
        *(each.record.model_dump_json() for each in made),
    ]
    assert not [each for each in told if SECRET in each]


@settings(deadline=None, max_examples=100)
@given(st.lists(outputs | failures, min_size=1, max_size=3), choices | failures, answers)
def test_what_is_reported_adds_up_to_what_was_paid(
    said_by_tool: list[Any],
    said_by_choice: Any,  # noqa: ANN401  # a call of either kind
    given: dict[str, str],
) -> None:
    house = House(written=FLOW)
    house.models.tools, house.models.choices = said_by_tool, [said_by_choice]
    made = [house.decide(answers=given) for _ in range(3)]
    costs = [float(str(each["cost_usd"])) for each in house.reported("llm.called")]
    assert abs(sum(costs) - sum(each.decision.usage.cost_usd for each in made)) < 1e-9
