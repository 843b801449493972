"""What an event names, as it is counted: bounded, and what lies beyond is told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import pytest

from cairn.decisions.finding import Layer, ModelTier, Source
from cairn.events.model import Event
from cairn.metrics.declared import NOTHING_DECLARED, Declared, parse_flow, published_flow
from cairn.metrics.fold import fold
from cairn.metrics.model import SEGMENT_VALUES, STEPS_APART, Counters, Resolution
from cairn.metrics.named import ASKING, DECIDERS, LAYERS, named
from cairn.metrics.owners import NEVER_SEEN
from tests.parcels import FLOW, PERSONAS, STEPS, decided, funnelled, happened, parcel_of

KNOWN = replace(
    funnelled(NOTHING_DECLARED),
    operations=frozenset({"GET /a"}),
    models=frozenset({"east/small"}),
)
REQUEST = happened("r", "request.completed", operation="GET /a", latency_ms=2)
CALL = happened(
    "c", "llm.called", tier="llm", provider="east", model="small", flow=FLOW, cost_usd=0.5
)
DECISION = decided("d", step=STEPS[0], sent=STEPS[1], persona=PERSONAS[0], cache="L1")


def counted(event: Event, known: Declared = KNOWN) -> Mapping[str, Counters]:
    """What an event adds to a day, by group."""
    found = fold(parcel_of(event), 0, {event.owner: NEVER_SEEN}, known)
    day = {key: each for key, each in found.rollups.items() if key.resolution is Resolution.DAY}
    return {key.group: counters for key, counters in day.items() if not key.name}


def saying(event: Event, **attributes: str) -> Event:
    return event.model_copy(update={"attributes": {**event.attributes, **attributes}})


@pytest.mark.parametrize(
    ("event", "flow"), [(REQUEST, None), (CALL, FLOW), (DECISION, FLOW), (happened("p"), None)]
)
def test_what_is_counted_apart_stays_as_it_is(event: Event, flow: str | None) -> None:
    found = named(event, KNOWN)
    assert found.event is event
    assert (found.flow, found.folded) == (flow, ())


@pytest.mark.parametrize(
    ("event", "said", "vocabulary"),
    [
        (REQUEST, {"operation": "GET /b"}, "operations"),
        (CALL, {"model": "large"}, "models"),
        (CALL, {"provider": "west"}, "models"),
        (CALL, {"tier": "rules"}, "tiers"),
        (CALL, {"flow": "unheard"}, "flows"),
        (DECISION, {"step": "unheard"}, "steps"),
        (DECISION, {"sent": "unheard"}, "steps"),
        (DECISION, {"persona": "unheard"}, "personas"),
        (DECISION, {"source": "unheard"}, "sources"),
        (DECISION, {"cache": "L3"}, "caches"),
    ],
)
def test_what_lies_beyond_is_counted_as_other_and_told(
    event: Event, said: dict[str, str], vocabulary: str
) -> None:
    found = named(saying(event, **said), KNOWN)
    assert found.folded == (vocabulary,)
    assert {found.event.text(name) for name in said} == {"other"}
    everything = counted(saying(event, **said))["all"]
    assert everything[f"folded.{vocabulary}"] == 1
    assert not any(name.startswith("folded.") for name in counted(event)["all"])


def test_the_group_of_all_operations_has_one_more_for_the_rest() -> None:
    assert counted(saying(REQUEST, operation="GET /b"))["operations"] == {
        "other|count": 1,
        "other|us": 2_000,
    }


def test_a_model_beyond_the_bound_is_other_of_another_provider() -> None:
    assert "other/other|calls" in counted(saying(CALL, model="large"))["models"]


def test_a_flow_that_is_not_published_counts_in_another_with_steps_of_none() -> None:
    found = counted(saying(DECISION, flow="unheard"))
    assert found.keys() & {"flow.other", "flow.unheard", "flow.other@persona"} == {
        "flow.other",
        "flow.other@persona",
    }
    assert found["flow.other"]["reached|other"] == found["flow.other"]["completed|other"] == 1
    assert {"folded.flows", "folded.steps", "folded.personas"} <= found["all"].keys()


def test_the_cost_of_a_call_counts_in_its_flow() -> None:
    assert counted(CALL)[f"flow.{FLOW}"] == {"nano_usd": 500_000_000}
    of_none = CALL.model_copy(update={"attributes": {"provider": "east", "model": "small"}})
    assert counted(of_none).keys() == {"all", "operations", "models"}


def test_what_a_visitor_says_of_an_unpublished_flow_or_step_is_of_none() -> None:
    for said in ({"flow": "unheard"}, {"step": "unheard"}):
        event = saying(happened("v", "step.viewed", flow=FLOW, step=STEPS[0]), **said)
        assert named(event, KNOWN) == (event, None, ())


def test_steps_and_personas_are_counted_apart_up_to_a_limit() -> None:
    steps = [f"s{number}" for number in range(STEPS_APART + 1)]
    personas = [f"p{number}" for number in range(SEGMENT_VALUES + 1)]
    known = replace(KNOWN, flows={FLOW: published_flow(steps, personas)})
    last = saying(DECISION, step=steps[-2], sent=steps[0], persona=personas[-2])
    assert named(last, known).folded == ()
    beyond = saying(last, step=steps[-1], persona=personas[-1])
    assert named(beyond, known).folded == ("steps", "personas")
    visitor = happened("v", "step.viewed", flow=FLOW, step=steps[-1])
    assert counted(visitor, known)[f"flow.{FLOW}"] == {"started": 1, "reached|other": 1}


def test_a_published_flow_says_its_steps_and_personas_and_has_an_end() -> None:
    flow = parse_flow('{"steps": [{"id": "a"}], "personas": [{"id": "p"}]}')
    assert flow == published_flow(["a"], ["p"])
    known = replace(KNOWN, flows={FLOW: flow})
    assert named(decided("d", step="complete"), known).folded == ()


def test_closed_vocabularies_are_those_of_the_cascade() -> None:
    assert set(get_args(Source.__value__)) == DECIDERS
    assert {*get_args(Layer.__value__), "none"} == LAYERS
    assert set(get_args(ModelTier.__value__)) == ASKING
