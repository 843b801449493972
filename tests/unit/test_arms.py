"""What the fold counts of experiments, over plain values."""

import json
from collections.abc import Mapping
from dataclasses import replace

from cairn.configuration.model import Document, Kind, Snapshot, address, digest_of
from cairn.events.model import Event
from cairn.experiments.counted import Arm, arms_of
from cairn.experiments.following import LARGEST, MICRO
from cairn.experiments.gathering import EXPERIMENTS, HEAVY, Participants
from cairn.experiments.items import participant_item, participant_of
from cairn.experiments.model import MetricType
from cairn.experiments.participant import (
    AFTER,
    BEFORE,
    NOBODY,
    STREAMS,
    Exposure,
    Identity,
    Moment,
    Participant,
)
from cairn.experiments.published import Followings
from cairn.metrics.declared import Declared
from cairn.metrics.fold import NO_PARTICIPANTS, Folded, fold
from cairn.metrics.ledger import Ingestion
from cairn.metrics.owners import NEVER_SEEN
from cairn.metrics.sketch import bucket_of
from cairn.platform.dynamo.wire import encode
from infra.inprocess.item_size import ITEM_BYTES, item_bytes
from tests.arms import (
    CONTROL,
    DOCUMENT,
    EXPERIMENT,
    FLAG,
    FOLLOWED,
    METRICS,
    OTHER,
    bought,
    running,
    served,
)
from tests.fakes.ledger import MemoryLedger
from tests.parcels import DECLARED, NOW, WORKSPACE, decided, happened, parcel_of, telling

TYPES: Mapping[str, MetricType] = {each.id: each.type for each in METRICS}


class NoArchive:
    """Keeps nothing."""

    def keep(self, parcel: object, body: str, arrived_at: object) -> None:
        """Keeps nothing."""


class Counting:
    """Folds parcels as they come."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self._parcels = 0

    def take(self, *events: Event, declared: Declared = FOLLOWED) -> None:
        self._parcels += 1
        parcel = parcel_of(*events, number=self._parcels)
        Ingestion(self.ledger, NoArchive(), lambda _: declared, lambda: NOW).take(parcel, "")

    @property
    def arms(self) -> Mapping[str, Arm]:
        return arms_of(self.ledger.arms(WORKSPACE, EXPERIMENT), TYPES).variations

    @property
    def crossed(self) -> int:
        return arms_of(self.ledger.arms(WORKSPACE, EXPERIMENT), TYPES).crossed


def counted(*events: Event) -> Counting:
    counting = Counting()
    for event in events:
        counting.take(event)
    return counting


def test_a_subject_is_exposed_once_and_converts_once() -> None:
    arm = counted(
        served("a", minute=1), served("b", minute=2), bought("c", minute=3), bought("d", minute=4)
    ).arms[CONTROL]
    assert (arm.exposed, arm.metrics["buyers"].converted) == (1, 1)
    assert (arm.metrics["buyers"].sums.sum, arm.metrics["revenue"].sums.sum) == (1, 20)


def test_who_did_nothing_is_exposed_all_the_same() -> None:
    arm = counted(served("a"), served("b", session="s-2"), bought("c", 30, minute=1)).arms[CONTROL]
    sums = arm.metrics["revenue"].sums
    assert (sums.subjects, sums.sum, sums.sum_sq) == (2, 30, 900)


def test_what_happened_before_the_exposure_is_the_time_before() -> None:
    revenue = counted(bought("a", 5, minute=0), served("b", minute=1), bought("c", 7, minute=2))
    sums = revenue.arms[CONTROL].metrics["revenue"].sums
    assert (sums.sum, sums.pre_sum, sums.pre_sq, sums.pre_cross) == (7, 5, 25, 35)
    assert sums.pre_subjects == 1


def test_a_conversion_counts_though_it_comes_before_its_exposure() -> None:
    early = counted(bought("a", minute=5), served("b", minute=1))
    assert early.arms[CONTROL].metrics["buyers"].converted == 1


def test_an_exposure_that_comes_late_moves_the_window() -> None:
    counting = counted(served("b", minute=30), bought("a", minute=10), bought("c", minute=80))
    assert counting.arms[CONTROL].metrics["revenue"].sums.sum == 10
    counting.take(served("d", minute=5))
    arm = counting.arms[CONTROL]
    assert (arm.exposed, arm.metrics["revenue"].sums.sum) == (1, 20)
    assert arm.metrics["basket"].sums.sum == 10  # of its hour


def test_nothing_counts_when_its_window_is_over() -> None:
    late = counted(served("a"), bought("b", minute=72 * 60), bought("c", minute=72 * 60 - 1))
    assert late.arms[CONTROL].metrics["revenue"].sums.sum == 10


def test_nobody_counts_for_more_than_the_cap() -> None:
    capped = counted(served("a"), bought("b", 90), bought("c", 90))
    sums = capped.arms[CONTROL].metrics["revenue"].sums
    assert (sums.sum, sums.sum_sq) == (100, 10_000)


def test_a_ratio_has_both_parts_and_their_product() -> None:
    pages = [happened(f"p-{number}", session="s-1", minute=number) for number in range(3)]
    sums = counted(served("a"), bought("b", 6), *pages).arms[CONTROL].metrics["basket"].sums
    assert (sums.sum, sums.den_sum, sums.den_sq, sums.cross) == (6, 3, 9, 18)


def test_a_duration_is_the_time_to_the_event_or_what_the_events_say() -> None:
    page = happened("p", session="s-1", minute=1, duration_ms=4_000)
    more = happened("q", session="s-1", minute=1, duration_ms=2_000)
    metrics = counted(served("a"), bought("b", minute=2), page, more).arms[CONTROL].metrics
    to_buy, reading = metrics["time_to_buy"], metrics["reading"]
    assert (to_buy.sums.sum, to_buy.sums.den_sum, to_buy.sums.cross) == (120_000, 1, 120_000)
    assert to_buy.sketch == {bucket_of(120_000): 1}
    assert (reading.sums.sum, reading.sketch) == (3_000, {bucket_of(3_000): 1})


def test_who_sees_two_variations_leaves_all_arms() -> None:
    counting = counted(served("a"), bought("b", minute=1), served("c", OTHER, minute=2))
    assert counting.crossed == 1
    assert [(arm.exposed, arm.crossed) for arm in counting.arms.values()] == [(0, 1), (0, 1)]
    assert counting.arms[CONTROL].metrics["buyers"].sums.sum == 0


def test_a_session_that_shows_its_subject_goes_over_to_it() -> None:
    counting = counted(
        served("a"),
        bought("b", minute=1),
        happened("login", session="s-1", subject="u-1", minute=2),
        served("c", session="s-2", subject="u-1", minute=3),
        bought("d", session="s-2", minute=4),
    )
    arm = counting.arms[CONTROL]
    assert (arm.exposed, arm.metrics["revenue"].sums.sum) == (1, 20)


def test_another_variation_on_another_device_is_a_crossover() -> None:
    counting = counted(
        served("a", session="s-1", subject="u-1"),
        served("b", OTHER, session="s-2", minute=1),
        happened("login", session="s-2", subject="u-1", minute=2),
    )
    assert counting.crossed == 1


def test_an_anonymous_id_that_becomes_a_user_is_one_subject() -> None:
    counting = counted(
        served("a", session="s-1", subject="anon"),
        happened("login", session="s-1", subject="u-1", minute=1),
        bought("b", session="s-2", subject="anon", minute=2),
        bought("c", session=None, subject="u-1", minute=3),
    )
    arm = counting.arms[CONTROL]
    assert (arm.exposed, arm.metrics["revenue"].sums.sum) == (1, 20)


def test_an_id_becomes_somebody_once_so_that_a_shared_device_makes_nobody_another_one() -> None:
    counting = counted(
        served("a", session="s-1", subject="device"),
        happened("b", session="s-1", subject="ada", minute=1),
        happened("c", session="s-2", subject="device", minute=2),
        served("d", session="s-2", subject="bob", minute=3),
        served("e", OTHER, session="s-3", subject="carl", minute=4),
    )
    assert {name: arm.exposed for name, arm in counting.arms.items()} == {CONTROL: 2, OTHER: 1}


def test_a_decision_tells_what_it_served() -> None:
    event = telling(decided("a", session="s-1"), {f"variation.{EXPERIMENT}": OTHER})
    assert counted(event).arms[OTHER].exposed == 1


def test_what_decisions_serve_no_client_can_make_up() -> None:
    documents = {
        (Kind.EXPERIMENT, EXPERIMENT): DOCUMENT,
        (Kind.FLAG, FLAG.id): FLAG,
        **{(Kind.METRIC, each.id): each for each in METRICS},
    }
    published = {name: each.model_dump_json(by_alias=True) for name, each in documents.items()}
    flow = json.dumps({"variants": {"flag": FLAG.id}})
    decides = Followings().of(snapshot_of({**published, (Kind.FLOW, "onboarding"): flow}))
    decision = telling(decided("b", session="s-2"), {f"variation.{EXPERIMENT}": OTHER})
    counting = Counting()
    counting.take(served("a"), decision, declared=replace(DECLARED, following=decides))
    assert {name: arm.exposed for name, arm in counting.arms.items() if arm.exposed} == {OTHER: 1}


def snapshot_of(bodies: Mapping[tuple[Kind, str], str]) -> Snapshot:
    """A release with these documents."""
    return Snapshot(
        WORKSPACE,
        1,
        {
            address(kind, name): Document(kind, name, 1, body, digest_of(body))
            for (kind, name), body in bodies.items()
        },
    )


def test_what_is_no_variation_or_outside_of_the_run_is_no_exposure() -> None:
    counting = counted(
        served("a", "made-up"),
        served("b", experiment="other"),
        served("c", minute=-60 * 48),
    )
    assert counting.arms == {}


def test_exposed_subjects_are_counted_by_the_values_of_declared_dimensions() -> None:
    arms = counted(
        happened("a", session="s-1", weekend="true"),
        served("b", session="s-1", minute=1),
        served("c", session="s-2", facts={"weekend": "false"}),
        served("d", session="s-3"),
    ).arms
    assert arms[CONTROL].by_dimension == {"weekend": {"true": 1, "false": 1, "unknown": 1}}


def test_an_event_that_comes_again_changes_nothing() -> None:
    counting = counted(served("a"), bought("b"))
    before = counting.ledger.arms(WORKSPACE, EXPERIMENT)
    counting.take(served("a"), bought("b"))
    assert counting.ledger.arms(WORKSPACE, EXPERIMENT) == before


def test_a_subject_with_many_events_counts_with_the_first_of_them() -> None:
    many = [bought(f"m-{n}", 1, session=f"s-{n}", subject="u", minute=n) for n in range(200)]
    counting = counted(served("a", subject="u"), *many)
    assert counting.arms[CONTROL].metrics["revenue"].sums.sum == AFTER


def test_who_has_done_all_that_counts_is_written_no_more() -> None:
    moments = tuple(Moment(number, 1) for number in range(1, BEFORE + AFTER + 1))
    full = NOBODY.exposed("e", "v", Exposure(0))
    for each in moments:
        full = full.did("s", each)
    assert full.did("s", Moment(1_000, 1)) is full
    assert full.did("s", Moment(0, 1)) is not full


def test_a_number_beyond_all_bounds_counts_as_the_largest() -> None:
    arm = counted(served("a"), bought("b", 1.7e308), bought("c", -1.7e308, session="s-2")).arms
    assert arm[CONTROL].metrics["basket"].sums.sum == LARGEST / MICRO


def test_who_goes_over_while_an_experiment_is_gone_counts_once_when_it_is_back() -> None:
    counting = counted(served("a"), bought("b"))
    before = counting.ledger.arms(WORKSPACE, EXPERIMENT)
    meanwhile = replace(FOLLOWED, following=running(1))
    counting.take(happened("c", "page.viewed", subject="u-1"), declared=meanwhile)
    assert counting.ledger.arms(WORKSPACE, EXPERIMENT) == before
    counting.take(served("d", subject="u-1", minute=5))
    assert counting.arms[CONTROL].exposed == 1


def test_a_workspace_without_experiments_keeps_nobody() -> None:
    parcel = parcel_of(served("a", subject="u-1"))
    owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
    found = fold(parcel, 0, owners, DECLARED)
    assert (found.participants, found.arms) == ({}, {})


def folded(event: Event, known: Participants = NO_PARTICIPANTS) -> Folded:
    owners = {event.owner: NEVER_SEEN}
    return fold(parcel_of(event), 0, owners, FOLLOWED, participants=known)


def test_only_who_changed_is_written() -> None:
    first = folded(served("a", subject="u-1"))
    assert first.participants.keys() == {Identity("subject", "u-1"), Identity("session", "s-1")}
    again = folded(happened("b", "custom.any", session="s-1", subject="u-1"), first.participants)
    assert again.participants == {}
    assert [each.version for each in first.participants.values()] == [1, 1]


def fullest() -> Participant:
    """Somebody of whom all is remembered that can be."""
    moments = tuple(Moment(2**41 + each, -LARGEST) for each in range(BEFORE + AFTER))
    counters = {f"{'v' * 64}|{'m' * 54}|pre_sq{each}": LARGEST**2 for each in range(70)}
    names = [f"{'e' * 52}{each:02d}" for each in range(EXPERIMENTS)]
    return Participant(
        version=1,
        linked=True,
        exposures={
            name: {"v" * 64: Exposure(2**41, dict.fromkeys("abcd", "x" * 64))} for name in names
        },
        streams={f"{'m' * 52}{each:02d}/": moments for each in range(STREAMS)},
        told=dict.fromkeys(names, counters),
    )


def test_the_fullest_participant_fits_its_item() -> None:
    who = Identity("subject", "u" * 64)
    item = participant_item(WORKSPACE, who, fullest(), NOW, "")
    size = item_bytes(encode(item))
    assert size < ITEM_BYTES
    assert participant_of(item) == fullest()


def test_a_run_writes_no_more_participants_than_a_transaction_takes() -> None:
    events = [served(f"e-{n}", session=None, subject=f"u-{n}") for n in range(20)]
    parcel = parcel_of(*events)
    known: Participants = {Identity("subject", f"u-{n}"): fullest() for n in range(20)}
    owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
    run = fold(parcel, 0, owners, FOLLOWED, participants=known)
    assert 0 < run.done < len(events)
    items = [participant_item(WORKSPACE, *each, NOW, "") for each in run.participants.items()]
    assert sum(item_bytes(encode(each)) for each in items) <= HEAVY


def test_who_does_more_than_can_be_remembered_keeps_the_latest_streams() -> None:
    participant = NOBODY
    for number in range(STREAMS + 5):
        participant = participant.did(f"s-{number}", Moment(number, 1))
    assert participant.streams.keys() == {f"s-{number}" for number in range(5, STREAMS + 5)}
