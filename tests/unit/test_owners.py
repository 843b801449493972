"""How an owner's ids are kept: in its state, then in a ring of pages."""

from collections.abc import Sequence
from dataclasses import replace

from cairn.events.model import BATCH_EVENTS, Event, Owner, Parcel
from cairn.events.pack import pack
from cairn.metrics.contribution import Contribution
from cairn.metrics.declared import NOTHING_DECLARED
from cairn.metrics.fold import fold
from cairn.metrics.owners import (
    INLINE_IDS,
    NEVER_SEEN,
    PAGE_IDS,
    RING_PAGES,
    Draft,
    OwnerFold,
    Spill,
    identity,
)
from tests.parcels import NOW, SESSION, WORKSPACE, happened

OWNER = Owner("session", SESSION)
WINDOW = 10_000


class Kept:
    """An owner's items as they are stored."""

    def __init__(self) -> None:
        self.state: OwnerFold = NEVER_SEEN
        self.pages: dict[int, frozenset[bytes]] = {}

    def read(self) -> OwnerFold:
        return replace(self.state, pages=tuple(self.pages.values()))

    def take(self, *events: Event) -> None:
        draft = Draft(self.read())
        for event in events:
            draft.take(event, identity(event), Contribution())
        self.state, spill = draft.finished(OWNER)
        if spill is not None:
            self.spill(spill)

    def spill(self, spill: Spill) -> None:
        former = frozenset() if spill.fresh else self.pages[spill.slot]
        self.pages[spill.slot] = former | spill.ids


def kept_after(count: int) -> Kept:
    kept = Kept()
    for start in range(0, count, 50):
        kept.take(*(happened(f"e-{number}") for number in range(start, min(count, start + 50))))
    return kept


class Table:
    """The items of all owners, into which parcels are folded."""

    def __init__(self) -> None:
        self.owners: dict[Owner, Kept] = {}

    def fold(self, parcel: Parcel) -> int:
        """Folds a parcel; gives how many of its events were counted."""
        done = counted = 0
        while done < len(parcel.events):
            owners = {each: self.owners.setdefault(each, Kept()) for each in parcel.owners}
            states = {owner: kept.read() for owner, kept in owners.items()}
            run = fold(parcel, done, states, NOTHING_DECLARED)
            for spill in run.spills:
                owners[spill.owner].spill(spill)
            for owner, state in run.owners.items():
                owners[owner].state = state
            done, counted = run.done, counted + run.counted
        return counted


def knows(kept: Kept, number: int) -> bool:
    return Draft(kept.read()).knows(identity(happened(f"e-{number}")))


def test_a_short_session_is_one_item() -> None:
    kept = kept_after(INLINE_IDS)
    assert (len(kept.state.ids), kept.pages) == (INLINE_IDS, {})


def test_past_that_ids_move_to_a_page_that_is_filled_before_the_next() -> None:
    kept = kept_after(PAGE_IDS)
    assert list(kept.pages) == [0]
    assert len(kept.pages[0]) + len(kept.state.ids) == PAGE_IDS
    assert all(knows(kept, number) for number in range(PAGE_IDS))


def test_the_last_10_000_ids_are_known_however_many_came() -> None:
    count = 3 * WINDOW
    kept = kept_after(count)
    assert all(knows(kept, number) for number in range(count - WINDOW, count))
    assert not knows(kept, 0)
    assert len(kept.pages) == RING_PAGES
    assert max(map(len, kept.pages.values())) < 2 * PAGE_IDS


def test_the_last_10_000_ids_are_known_at_every_moment() -> None:
    kept = kept_after(WINDOW + 2_000)
    for start in range(WINDOW + 2_000, WINDOW + 4_000, 50):
        kept.take(*(happened(f"e-{number}") for number in range(start, start + 50)))
        assert knows(kept, start + 50 - WINDOW)


def test_a_busy_source_that_sends_again_what_one_ring_forgot_is_counted_once() -> None:
    table, count = Table(), RING_PAGES * PAGE_IDS + 4_000
    events = [happened(f"e-{number}", session=None, source="crm") for number in range(count)]
    batches = [events[start : start + BATCH_EVENTS] for start in range(0, count, BATCH_EVENTS)]

    def sent(batch: Sequence[Event]) -> int:
        return sum(map(table.fold, pack(WORKSPACE, batch, shards=4, now=NOW)))

    assert sum(map(sent, batches)) == count
    assert [sent(batches[0][::-1]), sent(batches[1]), sent(batches[-1])] == [0, 0, 0]


def test_the_growth_of_a_draft_foretells_what_is_written() -> None:
    kept = kept_after(INLINE_IDS - 1)
    draft = Draft(kept.read())
    growths = []
    for name in ("x", "y", "z"):
        growths.append(draft.growth)
        draft.take(happened(name), identity(happened(name)), Contribution())
    _, spill = draft.finished(OWNER)
    assert growths == [1, 1, 0]
    assert spill is not None
