"""How an owner's ids are kept: in its state, then in a ring of pages."""

from dataclasses import replace

from cairn.events.model import Event, Owner
from cairn.metrics.contribution import Contribution
from cairn.metrics.owners import (
    INLINE_IDS,
    NEVER_SEEN,
    PAGE_IDS,
    RING_PAGES,
    Draft,
    OwnerFold,
    identity,
)
from tests.parcels import SESSION, happened

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
            former = frozenset() if spill.fresh else self.pages[spill.slot]
            self.pages[spill.slot] = former | spill.ids


def kept_after(count: int) -> Kept:
    kept = Kept()
    for start in range(0, count, 50):
        kept.take(*(happened(f"e-{number}") for number in range(start, min(count, start + 50))))
    return kept


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
