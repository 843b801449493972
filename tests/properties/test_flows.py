"""Funnels, sketches and subjects are the truth, however events travel.

Three things depend on the order by design, and are not looked at here: the bucket in which a
session (or what it did before it showed a segment) is counted, which is that of the event that
brings it; the value of a session that shows several; and which values an open dimension admits
when more come than it may have.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.events.model import Event
from cairn.events.registry import COMPLETE
from cairn.metrics.declared import declared
from cairn.metrics.distinct import estimate, register_of
from cairn.metrics.documents import Dimension, TelemetryDocument
from cairn.metrics.ledger import Ingestion
from cairn.metrics.model import Resolution
from cairn.metrics.query import summed
from cairn.metrics.series import ALL, LATENCY, SUBJECTS
from cairn.metrics.sketch import counter_of
from cairn.metrics.windows import Span, floor
from tests.fakes.ledger import MemoryLedger
from tests.parcels import FLOW, NOW, STEPS, WORKSPACE, decided, funnelled, happened, parcel_of

HEADLINE = "variation.headline"
KNOWN = funnelled(
    declared(
        TelemetryDocument(
            dimensions=(Dimension(name=HEADLINE, values=("plain", "team"), segments=True),)
        )
    )
)
GROUP = f"flow.{FLOW}"
SEGMENT = f"{GROUP}@{HEADLINE}"
ONCE = ("started", "completed", "reached", "us_to_completion")
"""How the counters begin that count a session once, or what it takes it."""


@dataclass(frozen=True)
class Visit:
    """One session in the flow.

    Attributes:
        paces: minutes from step to step; as many steps are completed.
        done: whether the flow is, after all steps.
        headline: its segment, told by the event at `told_by`.
    """

    number: int
    subject: int
    paces: tuple[int, ...]
    done: bool
    headline: str
    told_by: int

    @property
    def minutes(self) -> list[int]:
        """When each step is shown, and at last the end: before now, in three hours."""
        times = [-170]
        for pace in self.paces:
            times.append(times[-1] + pace)
        return times

    @property
    def completes(self) -> bool:
        return self.done and len(self.paces) == len(STEPS)

    @property
    def events(self) -> list[Event]:
        session = f"s-{self.number}"
        shown = [*STEPS, COMPLETE][: len(self.paces) + (self.completes or len(self.paces) < 3)]
        events = [
            decided(f"d{step}", session=session, minute=at, step=step, latency_ms=at + 200)
            for step, at in zip(shown, self.minutes, strict=False)
        ]
        events += [
            happened(f"c{step}", "step.completed", session=session, minute=at, flow=FLOW, step=step)
            for step, at in zip(STEPS, self.minutes[1:], strict=False)
        ]
        tells = self.told_by % len(events)
        told = {**events[tells].attributes, HEADLINE: self.headline}
        events[tells] = events[tells].model_copy(update={"attributes": told})
        return [each.model_copy(update={"subject": f"u-{self.subject}"}) for each in events]


VISITS = st.lists(
    st.builds(
        Visit,
        number=st.integers(0, 1_000),
        subject=st.integers(0, 5),
        paces=st.lists(st.integers(0, 50), max_size=len(STEPS)).map(tuple),
        done=st.booleans(),
        headline=st.sampled_from(("plain", "team")),
        told_by=st.integers(0, 10),
    ),
    max_size=5,
    unique_by=lambda each: each.number,
)


def once(visit: Visit) -> Counter[str]:
    """What a visit counts once, straight from it."""
    shown = len([each for each in visit.events if each.type == "decision.made"])
    counted = Counter({"started": 1})
    counted.update(f"reached|{step}" for step in STEPS[:shown])
    counted.update(f"completed|{step}" for step in STEPS[: len(visit.paces)])
    if visit.completes:
        took = visit.minutes[-1] - visit.minutes[0]
        counted.update({"completed": 1, "us_to_completion": took * 60_000_000})
    return counted


def told_once(counters: Mapping[str, int], prefix: str = "") -> Counter[str]:
    """Of some counters those that count a session once, less those that say nothing."""
    return +Counter(
        {
            name.removeprefix(prefix): count
            for name, count in counters.items()
            if name.startswith(tuple(prefix + each for each in ONCE))
        }
    )


def folded(data: st.DataObject, visits: Sequence[Visit]) -> MemoryLedger:
    """A ledger that took the visits' events in parcels of any size, order and repetition."""
    events = [event for visit in visits for event in visit.events]
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    sent = data.draw(st.permutations(events + repeats))
    size = data.draw(st.integers(1, 50))
    ledger = MemoryLedger()
    ingestion = Ingestion(ledger, NoArchive(), lambda _: KNOWN, lambda: NOW)
    for number, load in enumerate(batched(sent, size, strict=False)):
        parcel = parcel_of(*load, number=number, shard=number % 3)
        ingestion.take(parcel, parcel.to_json())
    return ledger


class NoArchive:
    """Keeps nothing."""

    def keep(self, parcel: object, body: str, arrived_at: object) -> None:
        """Forgets it."""


def whole(resolution: Resolution) -> Span:
    """A span that holds every visit."""
    start = floor(NOW, resolution)
    return Span(resolution, start - timedelta(days=1), start + timedelta(days=1))


@settings(deadline=None, max_examples=60)  # folds hundreds of events, on machines that are shared
@given(data=st.data(), visits=VISITS)
def test_funnels_and_their_buckets_are_the_truth(data: st.DataObject, visits: list[Visit]) -> None:
    ledger = folded(data, visits)
    expected: Counter[str] = sum(map(once, visits), Counter())
    for resolution in Resolution:
        buckets = ledger.read(WORKSPACE, GROUP, whole(resolution)).buckets
        assert told_once(summed(buckets)) == +expected
        assert all(count >= 0 for bucket in buckets for count in bucket.counters.values())
    minutes = ledger.read(WORKSPACE, GROUP, whole(Resolution.MINUTE)).buckets
    for before, after in pairwise(minutes):
        assert before.start < after.start
    starts = Counter({each.start: each.counters.get("started", 0) for each in minutes})
    assert +starts == Counter(visit.events[0].at for visit in visits)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), visits=VISITS)
def test_segments_hold_whole_sessions(data: st.DataObject, visits: list[Visit]) -> None:
    ledger = folded(data, visits)
    counters = summed(ledger.read(WORKSPACE, SEGMENT, whole(Resolution.DAY)).buckets)
    for value in ("plain", "team"):
        its: Counter[str] = sum(
            (once(each) for each in visits if each.headline == value), Counter()
        )
        assert told_once(counters, f"{value}|") == +its


@settings(deadline=None, max_examples=60)
@given(data=st.data(), visits=VISITS)
def test_sketches_are_the_same_in_whichever_order_events_come(
    data: st.DataObject, visits: list[Visit]
) -> None:
    ledger = folded(data, visits)
    decisions = [
        event for visit in visits for event in visit.events if event.type == "decision.made"
    ]
    latencies = Counter(
        counter_of(1_000 * float(each.attributes["latency_ms"])) for each in decisions
    )
    completions = Counter(
        counter_of((each.minutes[-1] - each.minutes[0]) * 60_000_000)
        for each in visits
        if each.completes
    )
    for resolution in Resolution:
        sketched: dict[str, Counter[str]] = {}
        for bucket in ledger.read_named(WORKSPACE, LATENCY, whole(resolution)).buckets:
            for name, counters in bucket.names.items():
                sketched.setdefault(name, Counter()).update(counters)
                assert all(count >= 0 for count in counters.values())
        assert sketched.get("decide", Counter()) == latencies
        assert +sketched.get("completion_us", Counter()) == completions


@settings(deadline=None, max_examples=60)
@given(data=st.data(), visits=VISITS)
def test_subjects_are_counted_once_a_day_and_registered_everywhere(
    data: st.DataObject, visits: list[Visit]
) -> None:
    ledger = folded(data, visits)
    subjects = {f"u-{visit.subject}" for visit in visits}
    days = {(f"u-{visit.subject}", event.at.date()) for visit in visits for event in visit.events}
    for resolution in Resolution:
        everything = summed(ledger.read(WORKSPACE, ALL, whole(resolution)).buckets)
        assert everything.get("subjects", 0) == len(days)
        there = ledger.read(WORKSPACE, SUBJECTS, whole(resolution)).buckets
        registers = frozenset[bytes]().union(*(bucket.registers for bucket in there))
        assert registers == frozenset(map(register_of, subjects))
        assert estimate(registers) == len(subjects)
