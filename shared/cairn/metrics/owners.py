"""What the fold knows of an owner: which events it has seen, and what they amounted to.

Ids are kept as 8-byte digests. The newest live in the state item; past `INLINE_IDS` they move to
a page, and pages form a ring, so that at least the last 10,000 ids of an owner are known: of a
session as many, of a source, whose parts are owners, the last 150,000.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final, NamedTuple

from cairn.behavior.model import Recent, RecentEvent, recent_event, remembered
from cairn.behavior.summary import NOTHING, Seen
from cairn.events.model import Event, Owner
from cairn.metrics.contribution import Contribution
from cairn.metrics.funnel import FlowFold

INLINE_IDS: Final = 128
"""Ids in the state item, at most."""

PAGE_IDS: Final = 512
"""A page with this many ids is full; the next spill begins another."""

RING_PAGES: Final = 21
"""Pages of an owner: 20 full ones are always known."""


@dataclass(frozen=True, slots=True)
class OwnerFold:
    """The folded state of a session, or of a part of a source.

    Attributes:
        version: counts its writes; 0 means it was never written.
        events: how many different events were counted.
        first_at_ms: time of the first event that arrived, milliseconds after the epoch.
        last_at_ms: time of the latest event.
        dimensions: the first value that was shown of each declared dimension.
        conversions: how often each conversion happened.
        flows: how far a session came in each flow; a source has none.
        seen: the pages that a session saw, by kind; a source has none.
        recent: a session's last events; a source has none.
        ids: the newest ids, in the state item.
        page: how many pages were ever begun.
        page_ids: ids in the page begun last.
        pages: the ids in all pages, as they were read.
    """

    version: int = 0
    events: int = 0
    first_at_ms: int | None = None
    last_at_ms: int | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    conversions: Mapping[str, int] = field(default_factory=dict)
    flows: Mapping[str, FlowFold] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    recent: Recent = ()
    ids: frozenset[bytes] = frozenset()
    page: int = 0
    page_ids: int = 0
    pages: tuple[frozenset[bytes], ...] = ()


NEVER_SEEN: Final = OwnerFold()


class Spill(NamedTuple):
    """Ids that move from the state item to a page.

    Attributes:
        slot: the page's place in the ring.
        fresh: whether the page begins anew, over what its slot held before.
    """

    owner: Owner
    slot: int
    ids: frozenset[bytes]
    fresh: bool


def identity(event: Event) -> bytes:
    """8 bytes that stand for an event's id (BLAKE2b); 10,000 ids collide once in 10^11 owners."""
    return blake2b(event.id.encode(), digest_size=8).digest()


class Draft:
    """An owner's state while a parcel is folded into it."""

    __slots__ = ("_before", "_conversions", "_dimensions", "_flows", "_new", "_recent", "_seen")

    def __init__(self, before: OwnerFold) -> None:
        self._before = before
        self._new: set[bytes] = set()
        self._recent: list[RecentEvent] = []
        self._dimensions = dict(before.dimensions)
        self._conversions = dict(before.conversions)
        self._flows = dict(before.flows)
        self._seen = dict(before.seen)

    @property
    def untouched(self) -> bool:
        """Whether no event of the owner was ever counted."""
        return not self._before.events and not self._new

    @property
    def dimensions(self) -> Mapping[str, str]:
        """The value of each dimension that is known."""
        return self._dimensions

    @property
    def conversions(self) -> Mapping[str, int]:
        """How often each conversion happened."""
        return self._conversions

    @property
    def flows(self) -> Mapping[str, FlowFold]:
        """How far the session came in each flow; in the order in which they were begun."""
        return self._flows

    def knows(self, digest: bytes) -> bool:
        """Whether an event was counted before."""
        before = self._before
        if digest in self._new or digest in before.ids:
            return True
        return bool(before.pages) and any(digest in page for page in before.pages)

    @property
    def unchanged(self) -> bool:
        """Whether nothing was taken."""
        return not self._new

    @property
    def growth(self) -> int:
        """How many more items must be written for it when one more event is taken."""
        inline = len(self._before.ids) + len(self._new)
        return (not self._new) + (inline == INLINE_IDS)

    def take(self, event: Event, digest: bytes, found: Contribution) -> None:
        """Takes in an event that was not known.

        Args:
            event: the event.
            digest: its identity.
            found: what it amounts to.
        """
        self._new.add(digest)
        self._recent.append(recent_event(event))
        if found.shown:
            self._dimensions.update(found.shown)
        if found.flows:
            self._flows.update(found.flows)
        for name in found.converted:
            self._conversions[name] = self._conversions.get(name, 0) + 1
        if found.kind is not None and event.session_id is not None:
            viewed = Seen(1, _duration_ms(event))
            self._seen[found.kind] = self._seen.get(found.kind, NOTHING).plus(viewed)

    def finished(self, owner: Owner) -> tuple[OwnerFold, Spill | None]:
        """The state after all that was taken, and the ids that leave it, if any."""
        before = self._before
        times = [each.at_ms for each in self._recent]
        latest = max(times) if before.last_at_ms is None else max(before.last_at_ms, *times)
        after = OwnerFold(
            version=before.version + 1,
            events=before.events + len(self._new),
            first_at_ms=times[0] if before.first_at_ms is None else before.first_at_ms,
            last_at_ms=latest,
            dimensions=self._dimensions,
            conversions=self._conversions,
            flows=self._flows,
            seen=self._seen,
            recent=remembered(before.recent, self._recent) if owner.kind == "session" else (),
            ids=before.ids | self._new,
            page=before.page,
            page_ids=before.page_ids,
            pages=before.pages,
        )
        return _spilled(owner, after) if len(after.ids) > INLINE_IDS else (after, None)


def _duration_ms(event: Event) -> int:
    """How long the page was seen, where the event says so."""
    duration_ms = event.attributes.get("duration_ms")
    return duration_ms if isinstance(duration_ms, int) else 0


def _spilled(owner: Owner, state: OwnerFold) -> tuple[OwnerFold, Spill]:
    fresh = state.page == 0 or state.page_ids >= PAGE_IDS
    page = state.page + fresh
    spill = Spill(owner, (page - 1) % RING_PAGES, state.ids, fresh)
    after = replace(
        state,
        ids=frozenset(),
        page=page,
        page_ids=len(state.ids) + (0 if fresh else state.page_ids),
        pages=(*state.pages, state.ids),
    )
    return after, spill
