"""Arms of experiments: in whatever order and company events come, they say the same."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cairn.events.model import Event
from cairn.metrics.ledger import Ingestion
from tests.arms import CONTROL, EXPERIMENT, FOLLOWED, OTHER, bought, served, truth
from tests.fakes.ledger import MemoryLedger
from tests.parcels import NOW, WORKSPACE, happened, parcel_of

SUBJECT = {"s-0": None, "s-1": "u-0", "s-2": "u-0", "s-3": "u-1", "s-4": None}
"""Whose each session is; some of its events show it."""


class NoArchive:
    """Keeps nothing."""

    def keep(self, parcel: object, body: str, arrived_at: object) -> None:
        """Keeps nothing."""


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events of a few sessions, in some order."""
    number = draw(st.integers(0, 14))
    return [_event(draw, f"e-{each}") for each in range(number)]


def _event(draw: st.DrawFn, identifier: str) -> Event:
    session = draw(st.sampled_from(sorted(SUBJECT)))
    subject = SUBJECT[session] if draw(st.booleans()) else None
    minute = draw(st.integers(0, 90))
    match draw(st.sampled_from(["served", "bought", "viewed"])):
        case "served":
            variation = draw(st.sampled_from([CONTROL, CONTROL, CONTROL, OTHER]))
            return served(identifier, variation, session=session, subject=subject, minute=minute)
        case "bought":
            value = draw(st.integers(-20, 90)) / 4
            return bought(identifier, value, session=session, subject=subject, minute=minute)
        case _:
            return happened(
                identifier, session=session, subject=subject, minute=minute, duration_ms=700
            )


def arms(parcels: Sequence[Sequence[Event]]) -> dict[str, int]:
    ledger = MemoryLedger()
    ingestion = Ingestion(ledger, NoArchive(), lambda _: FOLLOWED, lambda: NOW)
    for number, told in enumerate(parcels):
        ingestion.take(parcel_of(*told, number=number, shard=number % 4), "")
    return dict(ledger.arms(WORKSPACE, EXPERIMENT))


@given(events(), st.lists(st.integers(1, 6), min_size=14, max_size=14), st.randoms())
def test_the_arms_are_the_truth_in_any_order_and_company(
    told: list[Event], sizes: list[int], rng: Random
) -> None:
    shuffled = list(told)
    rng.shuffle(shuffled)
    parcels, rest = [], shuffled
    for size in sizes:
        if rest:
            parcels.append(rest[:size])
            rest = rest[size:]
    again = [*parcels, *parcels[::-1]]
    assert arms(again) == truth(told)
