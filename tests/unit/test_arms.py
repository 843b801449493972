"""What the fold counts of experiments, over plain values."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from cairn.configuration.model import Document, Kind, Snapshot, address, digest_of
from cairn.events.model import Event
from cairn.experiments.arm_counters import Arm, arms_of
from cairn.experiments.following import LARGEST, LONGEST_MS, MICRO, Following
from cairn.experiments.gathering import EXPERIMENTS, HEAVY, Followed
from cairn.experiments.item_size import AT_ONCE, COUNTERS
from cairn.experiments.model import LONGEST_WINDOW_HOURS, RUNNING, MetricDocument, MetricType
from cairn.experiments.participant import (
    AFTER,
    BEFORE,
    NOBODY,
    STREAMS,
    Exposure,
    Moment,
    Participant,
)
from cairn.experiments.published import Followings, following
from cairn.experiments.saved import participant_of, saved
from cairn.metrics.declared import Declared
from cairn.metrics.fold import Folded, fold
from cairn.metrics.following import NO_PARTICIPANTS, Identity, Participants
from cairn.metrics.items import participant_item, participant_key, saved_of
from cairn.metrics.ledger import Ingestion
from cairn.metrics.owners import NEVER_SEEN
from cairn.metrics.series import under
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


def followed_with(metric: MetricDocument) -> Following:
    """What is followed where a metric is another one."""
    metrics = {each.id: each for each in METRICS} | {metric.id: metric}
    return following([DOCUMENT], metrics, {FLAG.id: FLAG})


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


def test_a_ratio_has_both_parts_in_the_time_before_and_all_their_products() -> None:
    pages = [
        happened(f"p-{n}", session="s-1", minute=minute) for n, minute in enumerate((1, 2, 12))
    ]
    events = (served("a", minute=10), bought("b", 5, minute=3), bought("c", 7, minute=11))
    sums = counted(*events, *pages).arms[CONTROL].metrics["basket"].sums
    assert (sums.sum, sums.den_sum, sums.cross) == (7, 1, 7)
    assert (sums.pre_sum, sums.pre_sq, sums.pre_den_sum, sums.pre_den_sq) == (5, 25, 2, 4)
    assert (sums.pre_cross, sums.cross_xd, sums.cross_xe) == (35, 5, 10)
    assert (sums.cross_ye, sums.cross_de, sums.pre_subjects) == (14, 2, 1)


def test_who_was_only_in_the_denominator_before_was_seen_before() -> None:
    page = happened("p", session="s-1", minute=1)
    sums = counted(page, served("a", minute=2)).arms[CONTROL].metrics["basket"].sums
    assert (sums.pre_subjects, sums.pre_sum, sums.pre_den_sum) == (1, 0, 1)


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


def test_who_crosses_over_changes_what_is_expected_of_one_update() -> None:
    kinds = {each.type: each for each in METRICS[:4]}
    measured = {"metrics": tuple(each.id for each in kinds.values()), "guardrails": ()}
    document = DOCUMENT.model_copy(update=measured)
    metrics = {each.id: each for each in kinds.values()}
    followed = replace(
        FOLLOWED, following=Followed(following([document], metrics, {FLAG.id: FLAG}))
    )
    counting = Counting()
    before: Mapping[str, int] = {}
    for number, variation in enumerate((CONTROL, OTHER)):
        session = f"s-{number}"
        for minute in (1, 3):
            counting.take(bought(f"b{minute}", session=session, minute=minute), declared=followed)
            page = happened(f"p{minute}", session=session, minute=minute)
            counting.take(page, declared=followed)
        counting.take(served("a", variation, session=session, minute=2), declared=followed)
        login = happened("l", "step.viewed", session=session, subject="u", minute=4, step="s")
        before = counting.ledger.arms(WORKSPACE, EXPERIMENT)
        counting.take(login, declared=followed)
    after = counting.ledger.arms(WORKSPACE, EXPERIMENT)
    changed = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    dimensions = len(document.dimensions)
    assert len(changed) == 2 * (1 + dimensions + sum(COUNTERS.values())) + 3


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


def test_no_duration_that_a_window_permits_is_cut() -> None:
    longest = METRICS[3].model_copy(update={"window_hours": LONGEST_WINDOW_HOURS})
    whole = replace(FOLLOWED, following=Followed(followed_with(longest)))
    last_ms = LONGEST_WINDOW_HOURS * 3_600_000 - 1
    counting = Counting()
    first = served("a")
    late = bought("b").model_copy(update={"at": first.at + timedelta(milliseconds=last_ms)})
    counting.take(first, declared=whole)
    counting.take(late, declared=whole)
    counters = counting.ledger.arms(WORKSPACE, EXPERIMENT)
    assert counters[under(CONTROL, "time_to_buy", "sum")] == last_ms * MICRO
    assert counters[under(CONTROL, "time_to_buy", "sq")] == (last_ms * MICRO) ** 2
    assert counting.arms[CONTROL].metrics["time_to_buy"].sketch == {bucket_of(last_ms): 1}


def test_a_duration_that_events_tell_counts_up_to_the_longest_window() -> None:
    arm = counted(
        served("a"),
        happened("b", session="s-1", minute=1, duration_ms=LONGEST_MS),
        served("c", OTHER, session="s-2"),
        happened("d", session="s-2", minute=1, duration_ms=1e18),
    ).arms
    assert arm[CONTROL].metrics["reading"].sums.sum == LONGEST_MS
    assert arm[OTHER].metrics["reading"].sums.sum == LONGEST_MS


def test_no_duration_is_less_than_nothing() -> None:
    page = happened("p", session="s-1", minute=1, duration_ms=-5)
    reading = counted(served("a"), page).arms[CONTROL].metrics["reading"]
    assert (reading.sums.sum, reading.sums.den_sum) == (0, 1)


def test_sums_of_squares_keep_their_digits() -> None:
    assert LARGEST**2 * (10**8 - 1) < 10**38
    assert (LONGEST_MS * MICRO) ** 2 * 10**7 < 10**38


def test_a_number_beyond_all_bounds_counts_as_the_largest() -> None:
    arm = counted(served("a"), bought("b", 1.7e308), bought("c", -1.7e308, session="s-2")).arms
    assert arm[CONTROL].metrics["basket"].sums.sum == LARGEST / MICRO


def test_who_goes_over_while_an_experiment_is_gone_counts_once_when_it_is_back() -> None:
    counting = counted(served("a"), bought("b"))
    before = counting.ledger.arms(WORKSPACE, EXPERIMENT)
    meanwhile = replace(FOLLOWED, following=Followed(running(1)))
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
    once, twice = (
        {
            f"{'v' * 63}{variation}|{'m' * 53}{each % 10}|pre_den_sq{each}": LARGEST**2
            for variation in range(variations)
            for each in range(AT_ONCE // 2)
        }
        for variations in (1, 2)
    )
    names = [f"{'e' * 52}{each:02d}" for each in range(EXPERIMENTS)]
    return Participant(
        version=1,
        linked=True,
        exposures={
            name: {"v" * 64: Exposure(2**41, dict.fromkeys("abcd", "x" * 64))} for name in names
        },
        streams={f"{'m' * 52}{each:02d}/": moments for each in range(STREAMS)},
        told={**dict.fromkeys(names, twice), **dict.fromkeys(names[-RUNNING:], once)},
    )


def test_the_fullest_participant_fits_its_item() -> None:
    who = Identity("subject", "u" * 64)
    item = participant_item(participant_key(WORKSPACE, who), saved(fullest()), NOW)
    size = item_bytes(encode(item))
    assert size < ITEM_BYTES
    assert participant_of(saved_of(item)) == fullest()


def test_a_run_writes_no_more_participants_than_a_transaction_takes() -> None:
    events = [served(f"e-{n}", session=None, subject=f"u-{n}") for n in range(20)]
    parcel = parcel_of(*events)
    known = {Identity("subject", f"u-{n}"): saved(fullest()) for n in range(20)}
    owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
    run = fold(parcel, 0, owners, FOLLOWED, participants=known)
    assert 0 < run.done < len(events)
    items = [
        participant_item(participant_key(WORKSPACE, identity), each, NOW)
        for identity, each in run.participants.items()
    ]
    assert sum(item_bytes(encode(each)) for each in items) <= HEAVY


def test_who_does_more_than_can_be_remembered_keeps_the_latest_streams() -> None:
    participant = NOBODY
    for number in range(STREAMS + 5):
        participant = participant.did(f"s-{number}", Moment(number, 1))
    assert participant.streams.keys() == {f"s-{number}" for number in range(5, STREAMS + 5)}
