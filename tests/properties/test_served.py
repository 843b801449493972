"""Whatever a variation says and whatever is missing of it: there is an answer, and no pretence."""

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.llm.documents import ModelsDocument
from cairn.llm.model import ChoiceReply
from tests.fakes.models import BOTH, TOOLS, said, tool
from tests.flows import Written, flow
from tests.house import PROMPT, House
from tests.replays import replayed
from tests.variations import KEY, RULES, STEPS, exposed, flag, publish
from tests.words import NONE

TIERS: Final = st.permutations(["rules", "choice", "llm"]).flatmap(
    lambda every: st.integers(1, 3).map(lambda count: every[:count])
)
NAMES: Final = st.sampled_from(["default", "other"])
THRESHOLDS: Final = st.sampled_from([0.1, 0.5, 1.0])
SETTINGS: Final = st.fixed_dictionaries(
    {},
    optional={
        "tiers": TIERS,
        "threshold": THRESHOLDS,
        "thresholds": st.fixed_dictionaries({}, optional={"choice": THRESHOLDS, "llm": THRESHOLDS}),
        "prompt": NAMES,
        "models": NAMES,
    },
)
VARIANTS: Final = SETTINGS | st.just({"flow": "calm"})
ODD: Final = {"made_by": "a later version"}
BESIDE: Final[list[Written]] = [
    flow(*STEPS[::-1], id="calm"),
    {**PROMPT, "id": "other"},
    {"kind": "models", "id": "other", "providers": BOTH.model_dump(mode="json")["providers"]},
]


def house(variant: Written, own: list[str], models: ModelsDocument | None) -> House:
    """A house whose flow has these tiers, and a variant that everybody is given."""
    variants = {"flag": "form", "variations": {"other": variant}}
    written = flow(*STEPS, rules=RULES, cascade={"tiers": own}, variants=variants)
    built = House(None, models, written=written)
    built.models.tools = [said(tool("two 0.9"))]
    built.models.choices = [said(ChoiceReply({"one": 0.1, "two": 0.8, NONE: 0.1}))]
    publish(built, flag())
    return built


@given(
    variant=VARIANTS,
    own=TIERS,
    models=st.sampled_from([None, TOOLS, BOTH]),
    there=st.lists(st.sampled_from(["read", "unread", "gone"]), min_size=3, max_size=3),
    answers=st.sampled_from([{}, {"a": "x"}]),
)
@settings(max_examples=150, deadline=None)
def test_a_variation_is_served_or_said_to_be_missing_and_a_replay_agrees(
    variant: Written,
    own: list[str],
    models: ModelsDocument | None,
    there: list[str],
    answers: dict[str, str],
) -> None:
    asked = house(variant, own, models)
    for each, state in zip(BESIDE, there, strict=True):
        if state != "gone":
            publish(asked, each if state == "read" else {**each, **ODD})
    made = asked.decide(answers=answers)
    served, missing = exposed(made) == [(KEY, "other")], made.decision.degraded
    assert served is (missing is None)
    assert missing is None or missing.code == "variation_unavailable"
    again = replayed(asked, made, None)
    assert (again.same, again.degraded) == (True, missing)
    assert again.variation == ("other" if served else None)


@given(variant=VARIANTS, own=TIERS)
@settings(max_examples=50, deadline=None)
def test_with_everything_there_each_variation_is_served(variant: Written, own: list[str]) -> None:
    asked = house(variant, own, BOTH)
    publish(asked, *BESIDE)
    assert exposed(asked.decide()) == [(KEY, "other")]
