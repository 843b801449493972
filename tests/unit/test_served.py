"""Whether a variation was really served: what its visitors see otherwise, and what is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from cairn.decisions.decide import DecisionResult
from cairn.decisions.desk import Commit
from cairn.decisions.model import SessionRequest
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.starting import Starting, start
from cairn.llm.documents import ModelsDocument
from cairn.platform.errors import InvalidRequest, Unprocessable
from cairn.platform.observability.correlation import pseudonym
from tests.fakes.desk import MemoryDesk
from tests.fakes.models import BOTH, TOOLS, said, tool
from tests.flows import Written, field, flow, step
from tests.house import PROMPT, House
from tests.parcels import NOW, SESSION
from tests.replays import replayed
from tests.variations import (
    KEY,
    RULES,
    STEPS,
    exposed,
    flag,
    house_of,
    only,
    publish,
    shown,
    varied,
)

UNAVAILABLE: Final = "variation_unavailable"
OTHER: Final = [(KEY, "other")]
BRIEF: Final = {**PROMPT, "id": "brief"}
ODD: Final = {"made_by": "a later version"}
CALM: Final = flow(*STEPS[::-1], id="calm")
"""Begins with the second step, for no rule leads anywhere else."""


def said_of(made: DecisionResult) -> str | None:
    """The code of what was missing, if anything was."""
    return made.decision.degraded.code if made.decision.degraded else None


def unserved(house: House, made: DecisionResult) -> bool:
    """Whether all that is told of a decision says that its variation was not served."""
    (event,) = house.reported("decision.made")
    view = replayed(house, made, None)
    return (
        (said_of(made), exposed(made)) == (UNAVAILABLE, [])
        and (event["degraded"], f"variation.{KEY}" in event) == (UNAVAILABLE, False)
        and [(each.variation, each.served) for each in made.record.placed] == [("other", False)]
        and (view.same, view.variation) == (True, None)
        and (view.degraded == made.decision.degraded)
    )


@pytest.mark.parametrize("published", [(), ({"kind": "flow", "id": "calm", **ODD},)])
def test_a_flow_that_is_not_there_to_take_the_place_of_another_leaves_it(
    published: tuple[Written, ...],
) -> None:
    house = house_of({"flow": "calm"})
    publish(house, *published)
    made = house.decide()
    assert shown(made) == "two"
    assert unserved(house, made)


def test_a_flow_that_cannot_be_read_itself_is_an_error() -> None:
    house = house_of({"flow": "calm"})
    publish(house, {"kind": "flow", "id": "test", **ODD}, CALM)
    with pytest.raises(Unprocessable) as caught:
        house.decide()
    assert caught.value.code == "flow.unreadable"


def test_a_flag_that_cannot_be_read_changes_nothing_and_that_is_said() -> None:
    house = house_of({"threshold": 0.9})
    publish(house, {"kind": "flag", "id": "form", **ODD})
    made = house.decide()
    assert (shown(made), said_of(made), exposed(made)) == ("two", UNAVAILABLE, [])
    again = replayed(house, made, None)
    assert (again.same, again.degraded) == (True, made.decision.degraded)


def test_who_could_not_be_served_is_served_when_the_flow_is_back() -> None:
    house = house_of({"flow": "calm"})
    house.decide()
    publish(house, CALM, flag(0.0))
    made = house.decide(session=only(house)[0])
    assert (shown(made), exposed(made), said_of(made)) == ("two", OTHER, None)
    assert made.record.inputs is not None
    assert made.record.inputs.decided_on == "flow/calm"


@dataclass(frozen=True)
class Told:
    """A variant, and what is published beside a flow that asks rules, then a model."""

    variant: Mapping[str, object]
    models: ModelsDocument | None = TOOLS
    beside: tuple[Written, ...] = ()


WITHOUT_EFFECT: Final = {
    "no prompt": Told({"prompt": "brief"}),
    "a prompt that cannot be read": Told({"prompt": "brief"}, TOOLS, ({**BRIEF, **ODD},)),
    "no models of that name": Told({"models": "cheap"}),
    "no models at all": Told({"prompt": "brief"}, None, (BRIEF,)),
    "a threshold for nobody": Told({"thresholds": {"llm": 0.9}}, None),
    "no model that can choose": Told({"tiers": ["rules", "choice", "llm"]}),
    "another order of nobody": Told({"tiers": ["llm", "rules"]}, None),
}

WITH_EFFECT: Final = {
    "nothing else": Told({}, None),
    "rules alone": Told({"tiers": ["rules"]}, None),
    "rules alone, with a prompt for nobody": Told({"tiers": ["rules"], "prompt": "brief"}),
    "a threshold of rules": Told({"threshold": 0.7}, None),
    "a prompt": Told({"prompt": "brief"}, TOOLS, (BRIEF,)),
    "the same threshold": Told({"thresholds": {"llm": 0.5}}, None),
    "a model that can choose": Told({"tiers": ["rules", "choice", "llm"]}, BOTH),
}


def asking(told: Told) -> House:
    """A house that decides as its flow says; a rule is sure as long as nothing is answered."""
    variants = {"flag": "form", "variations": {"other": dict(told.variant)}}
    cascade = {"tiers": ["rules", "llm"]}
    written = flow(*STEPS, rules=RULES, cascade=cascade, variants=variants)
    house = House(None, told.models, written=written)
    publish(house, flag(), *told.beside)
    return house


@pytest.mark.parametrize("told", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_what_has_no_effect_is_not_served_whoever_decides(told: Told) -> None:
    house = asking(told)
    made = house.decide()
    assert (made.decision.source, shown(made)) == ("rules", "two")
    assert unserved(house, made)


@pytest.mark.parametrize("told", WITH_EFFECT.values(), ids=WITH_EFFECT)
def test_what_has_an_effect_is_served_by_rules_too(told: Told) -> None:
    house = asking(told)
    made = house.decide()
    assert (made.decision.source, said_of(made), exposed(made)) == ("rules", None, OTHER)
    again = replayed(house, made, None)
    assert (again.same, again.variation) == (True, "other")


def test_where_a_variation_has_no_effect_the_flow_has_its_own_model() -> None:
    house = asking(Told({"prompt": "brief"}))
    house.models.tools = [said(tool("two 0.9"))]
    made = house.decide(answers={"a": "x"})
    assert (made.decision.source, shown(made)) == ("llm", "two")
    assert unserved(house, made)


def test_a_replay_may_be_made_on_a_variation_that_cannot_be_served() -> None:
    house = house_of({"flow": "calm"}, share=0.0)
    made = house.decide()
    view = replayed(house, made, None, variation="other")
    assert (view.same, view.variation) == (True, None)
    assert view.degraded is not None
    assert view.degraded.code == UNAVAILABLE


def test_a_flow_that_takes_the_place_of_another_has_no_variants_then() -> None:
    nested = {"flag": "form", "variations": {"other": {"flow": "third"}}}
    house = house_of({"flow": "calm"})
    publish(house, {**CALM, "variants": nested}, flow(step("three"), id="third"))
    made = house.decide()
    assert (shown(made), exposed(made)) == ("two", OTHER)


EXTRA: Final = step("extra", field("note", "email", required=True, personal=True))


def test_an_answer_to_a_flow_that_was_switched_away_is_still_one() -> None:
    house = house_of({"flow": "calm"})
    publish(house, flow(EXTRA, *STEPS, id="calm"))
    first = house.decide()
    assert shown(first) == "extra"
    publish(house, flag(0.0, bucket_version=1))
    made = house.decide(
        session=only(house)[0],
        answers={"note": "ada@example.com"},
        events=[event("note")],
    )
    assert (shown(made), exposed(made)) == ("two", [(KEY, "plain")])
    assert only(house)[1].answers == {"note": "ada@example.com"}
    assert "ada@example.com" not in made.record.model_dump_json()
    (told,) = house.reported("custom.seen")
    assert "heard" not in told


def event(of: str) -> dict[str, Any]:
    """Something that a client says of a field."""
    at = NOW.isoformat()
    return {"id": "e-1", "type": "custom.seen", "field": of, "heard": "something", "at": at}


@pytest.mark.parametrize("answers", [{"unheard": "x"}, {"note": "no address"}])
def test_an_answer_that_no_variation_asks_for_is_none(answers: dict[str, Any]) -> None:
    house = house_of({"flow": "calm"})
    publish(house, flow(EXTRA, *STEPS, id="calm"))
    with pytest.raises(InvalidRequest):
        house.decide(answers=answers)


class Overtaken(MemoryDesk):
    """A desk where the visitor logs in, in another tab, before the first decision is kept."""

    def keep(self, kept: Commit) -> None:
        """See `Desk.keep`."""
        session = self.sessions.get(kept.session.id)
        if kept.record is not None and session is not None and session.subject_id is None:
            changed = {"subject_id": "u-1", "kept": {f"{KEY}__0": "plain"}}
            version = session.version + 1
            self.sessions[session.id] = session.model_copy(update={**changed, "version": version})
        super().keep(kept)


def test_a_variation_that_a_login_overtakes_is_not_told() -> None:
    house = House(None, written=varied({"threshold": 0.9}), desk=Overtaken)
    publish(house, flag())
    asked = SessionAsked("demo", None, SESSION, brings=False)
    start(house.desk, Starting(NOW, asked, SessionRequest(), "a" * 32, lambda: 0.0))
    made = house.decide(session=SESSION)
    assert exposed(made) == [(KEY, "plain")]
    assert [each[f"variation.{KEY}"] for each in house.reported("decision.made")] == ["plain"]


def test_a_kept_variation_that_is_gone_is_placed_anew() -> None:
    house = house_of({"threshold": 0.9})
    house.desk.assigned[pseudonym("demo", "u-1")] = {f"{KEY}__0": "unheard"}
    assert exposed(house.decide(subject={"id": "u-1"})) == OTHER
    assert house.desk.assigned[pseudonym("demo", "u-1")] == {f"{KEY}__0": "other"}


def test_a_flag_that_is_switched_off_serves_its_default_and_exposes_nobody() -> None:
    house = house_of({"threshold": 0.9})
    publish(house, {**flag(), "enabled": False, "default": "other"})
    made = house.decide()
    assert (shown(made), exposed(made), said_of(made)) == ("one", [], None)
