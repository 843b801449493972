"""A session in numbers is the same however its events travel, and its risk is a probability."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cairn.behavior.risk import Calibration, RiskModel, Term, Visitor, abandonment_risk, published
from cairn.behavior.summary import NOTHING, Seen, Summary
from cairn.events.model import Event, Owner
from cairn.metrics.fold import fold
from cairn.metrics.items import state_item, state_of
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from tests.parcels import DECLARED, NOW, SESSION, WORKSPACE, happened, parcel_of

OWNER = Owner("session", SESSION)
KINDS = ("administrative", "informational", "product", "other")
WRITTEN = ("administrative", "Informational", "ProductRelated", "product", "blog", "")
DAY_MS = 86_400_000

DURATIONS = st.integers(0, DAY_MS)
SEEN = st.builds(Seen, st.integers(0, 10_000), st.integers(0, 100 * DAY_MS))
SUMMARIES = st.builds(
    Summary,
    seen=st.dictionaries(st.sampled_from(KINDS), SEEN),
    dimensions=st.fixed_dictionaries(
        {},
        optional={
            "visitor_type": st.sampled_from(("New_Visitor", "Returning_Visitor", "other")),
        },
    ),
)
WEIGHTS = st.floats(0, 5)
TERMS = st.builds(
    Term,
    kind=st.sampled_from(KINDS),
    of=st.sampled_from(("pages", "seconds")),
    visitor=st.sampled_from((None, "New_Visitor", "Returning_Visitor")),
    low=st.floats(0, 100),
    high=st.none() | st.floats(100, 10_000),
    weight=WEIGHTS,
)
VISITORS = st.builds(Visitor, share=st.floats(0.01, 1), intercept=st.floats(-10, 10))
MODELS = st.builds(
    RiskModel,
    dimension=st.just("visitor_type"),
    visitors=st.fixed_dictionaries({"New_Visitor": VISITORS, "Returning_Visitor": VISITORS}),
    terms=st.lists(TERMS, max_size=8).map(tuple),
    calibration=st.builds(Calibration, slope=st.floats(0.01, 2), offset=st.floats(-2, 2)),
)


def attributes(duration_ms: int | None) -> dict[str, Any]:  # Any: as keywords
    return {} if duration_ms is None else {"duration_ms": duration_ms}


@st.composite
def sessions(draw: st.DrawFn) -> list[Event]:
    """The events of a session: pages of any kind, each with an id of its own."""
    pages = draw(st.lists(st.tuples(st.sampled_from(WRITTEN), st.none() | DURATIONS), max_size=60))
    return [
        happened(
            f"e-{number}",
            minute=number,
            kind=kind,
            **attributes(duration),
        )
        for number, (kind, duration) in enumerate(pages)
    ]


def at_once(events: Sequence[Event]) -> dict[str, Seen]:
    """What a session saw, counted from all of its events together."""
    found: dict[str, Seen] = {}
    for event in events:
        kind = DECLARED.kinds.get(str(event.attributes["kind"]), "other")
        duration = event.attributes.get("duration_ms", 0)
        assert isinstance(duration, int)
        found[kind] = found.get(kind, NOTHING).plus(Seen(1, duration))
    return found


@given(data=st.data(), events=sessions())
def test_a_session_sums_up_the_same_however_its_events_are_split_and_repeated(
    data: st.DataObject, events: list[Event]
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=20)) if events else []
    waiting = data.draw(st.permutations(events + repeats))
    state: OwnerFold = NEVER_SEEN
    while waiting:
        size = data.draw(st.integers(1, min(50, len(waiting))))
        state = folded(state, waiting[:size])
        waiting = waiting[size:]
    assert state.seen == at_once(events)


def folded(state: OwnerFold, events: Sequence[Event]) -> OwnerFold:
    """A session after a parcel, in as few runs as fit; each run is stored and read back."""
    parcel, done = parcel_of(*events), 0
    while done < len(events):
        found = fold(parcel, done, {OWNER: state}, DECLARED)
        done = found.done
        state = found.owners.get(OWNER, state)
        pages = state.pages
        state = replace(state_of(state_item(WORKSPACE, OWNER, state, NOW)), pages=pages)
    return state


@given(MODELS, SUMMARIES)
def test_a_risk_is_a_probability(model: RiskModel, summary: Summary) -> None:
    assert 0 <= model.risk(summary) <= 1


@given(SUMMARIES)
def test_the_published_risk_is_a_probability_or_unknown(summary: Summary) -> None:
    risk = abandonment_risk(summary)
    assert risk is None or 0 <= risk <= 1
    product = summary.seen.get("product", NOTHING)
    assert (risk is None) <= (product.pages == 0)


@given(MODELS | st.just(published()), SUMMARIES, st.sampled_from(KINDS), SEEN)
def test_nothing_that_a_visitor_still_does_raises_the_risk(
    model: RiskModel, summary: Summary, kind: str, more: Seen
) -> None:
    seen = {**summary.seen, kind: summary.seen.get(kind, NOTHING).plus(more)}
    assert model.risk(replace(summary, seen=seen)) <= model.risk(summary) + 1e-12
