"""Whatever flow, visitor and model: nothing personal leaves, nothing foreign is shown."""

import json

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cairn.decisions.proposal import Fault, Moment, Proposal
from cairn.decisions.surfaces.form.context import NONE_OF_THESE
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parse import chosen, parsed
from cairn.decisions.surfaces.form.plan import plan_of
from cairn.decisions.surfaces.form.prompt import ask_of, choice_of
from cairn.decisions.surfaces.form.surface import FORM
from cairn.events.registry import COMPLETE
from cairn.llm.model import ChoiceReply, ToolReply
from cairn.llm.tokens import at_most
from tests.prompts import NOW, prompt
from tests.properties.forms import SECRETS, Somebody, fitting, replies, visitors

PROMPT = prompt(context_tokens=500)
calmly = settings(
    deadline=None,  # on machines that are shared
    suppress_health_check=[HealthCheck.too_slow],  # flows are large
)


def followed(here: Case, choice: Shown) -> None:
    """What is shown is inside the whitelist, with all that is required."""
    assert FORM.admits(here, choice)
    plan = plan_of(here, choice)
    shown = [each.id for each in plan.fields]
    if plan.step_id == COMPLETE:
        assert not shown
        return
    step = here.offered[plan.step_id]
    assert step.required <= set(shown) <= step.fields
    assert {each.id for each in plan.fields if each.required} == step.required
    assert plan.ctas[0].action in {each.action for each in step.step.ctas}
    assert step.step.ctas[0].action in {each.action for each in plan.ctas}
    for each in plan.fields:
        written = here.flow.fields[each.id]
        assert (each.kind, each.label) == (written.kind, written.label)
        values = {option.value for option in written.options or ()}
        assert {option.value for option in each.options or ()} <= values
        assert bool(each.options) == bool(written.options)


@calmly
@given(visitors(), replies())
def test_whatever_a_model_says_what_is_shown_is_on_the_whitelist(
    somebody: Somebody, reply: ToolReply
) -> None:
    here = somebody.case
    found = parsed(here, reply)
    if isinstance(found, Proposal):
        assert 0 <= found.confidence <= 1
        followed(here, found.choice)
    else:
        assert isinstance(found, Fault)


@calmly
@given(visitors(), st.data())
def test_what_a_model_forgets_is_added(somebody: Somebody, data: st.DataObject) -> None:
    here = somebody.case
    assume(here.offered)
    found = parsed(here, data.draw(fitting(here)))
    assert isinstance(found, Proposal)
    followed(here, found.choice)


@calmly
@given(visitors(), st.data())
def test_whatever_is_likeliest_what_is_shown_is_on_the_whitelist(
    somebody: Somebody, data: st.DataObject
) -> None:
    here = somebody.case
    asked = choice_of(here, Moment(somebody.recent, NOW, PROMPT))
    assume(asked is not None)
    assert asked is not None
    assert asked.options[-1] == NONE_OF_THESE
    weights = {each: data.draw(st.integers(0, 9)) for each in asked.options}
    total = sum(weights.values())
    found = chosen(here, ChoiceReply({name: each / (total or 1) for name, each in weights.items()}))
    if isinstance(found, Proposal):
        followed(here, found.choice)
    else:
        assert found.code == ("none_of_these" if total else "schema")


@calmly
@given(visitors())
def test_fallback_and_rules_are_finished_the_same_way(somebody: Somebody) -> None:
    followed(somebody.case, FORM.fallback(somebody.case).choice)


@calmly
@given(visitors())
def test_personal_values_stand_in_no_prompt_and_every_prompt_fits(somebody: Somebody) -> None:
    here = somebody.case
    moment = Moment(somebody.recent, NOW, PROMPT)
    asked, choice = ask_of(here, moment), choice_of(here, moment)
    if asked is None or choice is None:
        assert asked is None
        assert choice is None
        return
    told = "\n".join(
        [asked.system, asked.user, json.dumps(dict(asked.tool.parameters)), choice.context]
    ).lower()
    assert not any(each.lower() in told for each in SECRETS)
    assert at_most(asked.system) <= 1_000
    assert at_most(asked.user) <= PROMPT.document.context_tokens
    assert asked.user.count("<visitor_data>") == asked.user.count("</visitor_data>") <= 1
    enum = set(choice.options) - {NONE_OF_THESE, COMPLETE}
    assert enum <= set(here.offered)
