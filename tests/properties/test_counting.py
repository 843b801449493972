"""Law 5: nothing is counted twice and nothing is lost, however events travel."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.events.model import Event, Parcel
from cairn.metrics.consume import Delivery, consume
from cairn.metrics.fold import Folded
from cairn.metrics.following import Identity, Participants
from cairn.metrics.ledger import ATTEMPTS, Ingestion, Opening
from cairn.metrics.model import Resolution
from cairn.metrics.query import summed
from cairn.metrics.series import ALL
from cairn.metrics.windows import Span, floor
from cairn.platform.errors import Conflict, StoreUnavailable
from tests.fakes.ledger import MemoryLedger
from tests.parcels import DECLARED, NOW, WORKSPACE, happened, parcel_of

GROUPS = (ALL, "visitor_type", "weekend")
VISITORS = ("New_Visitor", "Returning_Visitor", "Somebody")


@dataclass(frozen=True)
class Visit:
    """One session: its pages, whether it buys, and the event that tells who it is."""

    number: int
    pages: int
    buys: bool
    visitor: str
    told_by: int

    @property
    def events(self) -> list[Event]:
        session = f"s-{self.number}"
        names = ["page.viewed"] * self.pages + ["conversion.completed"] * self.buys
        return [
            happened(
                f"{index}",
                name,
                session=session,
                minute=-index * 7,
                **({"visitor_type": self.visitor} if index == self.told_by % len(names) else {}),
                **({"name": "purchase"} if name == "conversion.completed" else {}),
            )
            for index, name in enumerate(names)
        ]


VISITS = st.builds(
    Visit,
    number=st.integers(0, 1_000),
    pages=st.integers(1, 60),
    buys=st.booleans(),
    visitor=st.sampled_from(VISITORS),
    told_by=st.integers(0, 60),
)


def truth(visits: Sequence[Visit]) -> dict[str, Counter[str]]:
    """What must be counted, straight from the visits."""
    everything: Counter[str] = Counter()
    visitors: Counter[str] = Counter()
    for visit in visits:
        value = visit.visitor if visit.visitor in VISITORS[:2] else "other"
        everything.update({"sessions": 1, "page_views": visit.pages})
        everything["events.page.viewed"] += visit.pages
        if value == "other":
            everything["folded.visitor_type"] += 1
        visitors[f"{value}|sessions"] += 1
        if visit.buys:
            everything.update(["events.conversion.completed", "conversions.purchase"])
            visitors[f"{value}|conversions.purchase"] += 1
    return {ALL: everything, "visitor_type": visitors, "weekend": Counter()}


@dataclass
class Shaky:
    """A ledger and archive that fail as they are told, before or after they did their work."""

    kept: MemoryLedger
    faults: Iterator[str]
    archived: set[str] = field(default_factory=set)

    def open(self, parcel: Parcel) -> Opening:
        return self.kept.open(parcel)

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        return self.kept.participants(workspace, identities)

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        fault = next(self.faults, "none")
        if fault == "conflict":
            raise Conflict("Another transaction met this one.")
        if fault == "before":
            raise StoreUnavailable("The table refuses.")
        self.kept.commit(parcel, start, folded, now)
        if fault == "after":
            raise StoreUnavailable("The answer was lost.")

    def keep(self, parcel: Parcel, body: str, arrived_at: datetime) -> None:
        assert arrived_at == NOW
        if next(self.faults, "none") in {"before", "after"}:
            raise StoreUnavailable("The bucket refuses.")
        assert Parcel.model_validate_json(body) == parcel
        self.archived.add(parcel.id)


class NoGrave:
    """Nothing must ever be buried here."""

    def bury(self, body: str, *, group: str, message_id: str, reason: str) -> None:
        raise AssertionError(body, group, message_id, reason)


def counted(ledger: MemoryLedger, resolution: Resolution) -> dict[str, Counter[str]]:
    start = floor(NOW, resolution)
    whole = Span(resolution, start - timedelta(days=1), start + timedelta(days=1))
    return {
        group: Counter(summed(ledger.read(WORKSPACE, group, whole).buckets)) for group in GROUPS
    }


@settings(deadline=None)  # it folds hundreds of events, on machines that are shared
@given(data=st.data(), visits=st.lists(VISITS, max_size=6, unique_by=lambda each: each.number))
def test_totals_are_the_truth_however_events_are_split_repeated_and_cut_short(
    data: st.DataObject, visits: list[Visit]
) -> None:
    events = [event for visit in visits for event in visit.events]
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=40)) if events else []
    sent = data.draw(st.permutations(events + repeats))
    size = data.draw(st.integers(1, 50))
    parcels = [
        parcel_of(*load, number=number, shard=number % 3)
        for number, load in enumerate(batched(sent, size, strict=False))
    ]
    redelivered = data.draw(st.lists(st.sampled_from(parcels), max_size=5)) if parcels else []
    faults = data.draw(st.lists(st.sampled_from(["none", "conflict", "before", "after"])))
    shaky = Shaky(MemoryLedger(), iter(faults))
    deliver(shaky, [*parcels, *redelivered])
    expected = truth(visits)
    for resolution in Resolution:
        assert counted(shaky.kept, resolution) == expected
    assert shaky.archived == {parcel.id for parcel in parcels}


def deliver(shaky: Shaky, parcels: Sequence[Parcel]) -> None:
    """Delivers until nothing comes back, as the queue does: again, and in other company."""
    ingestion = Ingestion(shaky, shaky, lambda _: DECLARED, lambda: NOW)
    waiting = [
        Delivery(f"m-{number}", parcel.group, parcel.to_json())
        for number, parcel in enumerate(parcels)
    ]
    while waiting:
        batch, later = waiting[:10], waiting[10:]
        outcome = consume(batch, ingestion.take, NoGrave())
        returned = [each for each in batch if each.message_id in outcome.returned]
        waiting = [*later, *returned]


def test_more_conflicts_than_attempts_return_the_parcel() -> None:
    shaky = Shaky(MemoryLedger(), iter(["none", "conflict"] * ATTEMPTS))
    ingestion = Ingestion(shaky, shaky, lambda _: DECLARED, lambda: NOW)
    parcel = parcel_of(happened("a"))
    delivery = Delivery("m-0", parcel.group, parcel.to_json())
    first = consume([delivery, delivery], ingestion.take, NoGrave())
    assert (first.returned, first.counted) == (("m-0", "m-0"), 0)
    assert isinstance(first.failures[0].error, Conflict)
    assert consume([delivery], ingestion.take, NoGrave()).counted == 1
