"""aggregate-metrics on moto: counted once, whatever is redelivered, duplicated or cut short."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import batched
from pathlib import Path
from typing import Final

import boto3
import pytest

from cairn.behavior.store import Memories, Memory, memory_of
from cairn.behavior.summary import Seen, Summary
from cairn.configuration.model import Kind
from cairn.events.model import Parcel
from cairn.events.store import archive_key
from cairn.metrics.model import OPERATIONS_APART, Resolution
from cairn.metrics.query import summed
from cairn.metrics.rollups import RollupStore
from cairn.metrics.series import ALL
from cairn.metrics.windows import Span, floor
from cairn.platform.dynamo import Dynamo
from functions.aggregate_metrics.handler import handler
from functions.aggregate_metrics.settings import Settings
from functions.aggregate_metrics.wiring import build
from tests.functions.callers import Context
from tests.functions.cloud import SHARDS, Cloud
from tests.functions.crashes import NEVER, Crash, Fuse, Moment, fused
from tests.functions.publishing import publish
from tests.functions.refusals import Wire, tapped
from tests.parcels import (
    FLOW,
    NOW,
    SESSION,
    TELEMETRY,
    WORKSPACE,
    decided,
    happened,
    parcel_of,
    telling,
)

GOLDEN: Final = Path(__file__).parents[2] / "events" / "aggregate-metrics"
GROUPS: Final = (ALL, "visitor_type", "weekend")
OWNERS: Final = 34
"""So many sessions, each in a minute of its own, need two transactions."""

OPEN: Final[Mapping[str, object]] = {
    "kind": "telemetry",
    "dimensions": [{"name": "variation.headline", "limit": 2, "segments": True}],
}

UNREADABLE: Final = '{"schema_version": 99}'

type Counted = dict[str, Mapping[str, int]]


@pytest.fixture
def taps() -> Iterator[tuple[Wire, Fuse]]:
    with tapped() as wire, fused() as fuse:
        yield wire, fuse


@pytest.fixture
def wire(taps: tuple[Wire, Fuse]) -> Wire:
    return taps[0]


@pytest.fixture
def fuse(taps: tuple[Wire, Fuse]) -> Fuse:
    return taps[1]


@pytest.fixture(autouse=True)
def wired(aws: Cloud, taps: tuple[Wire, Fuse], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh wiring for each test, with a wire to tap and a fuse."""
    assert len(taps) == 2
    body = TELEMETRY.model_dump(mode="json")
    publish(aws, {(Kind.TELEMETRY, "default"): body})
    built = build(Settings.load(aws.variables), clock=lambda: NOW, tick=lambda: 0.0)
    monkeypatch.setattr("functions.aggregate_metrics.handler.wiring", lambda: built)


def record(body: str, number: int = 0, group: str = "g-0000") -> dict[str, object]:
    return {"messageId": f"m-{number}", "body": body, "attributes": {"MessageGroupId": group}}


def records(*parcels: Parcel) -> list[dict[str, object]]:
    return [record(parcel.to_json(), number, parcel.group) for number, parcel in enumerate(parcels)]


def deliver(batch: Sequence[Mapping[str, object]]) -> list[str]:
    """Hands a batch over; gives the ids of the messages that come back."""
    report = handler({"Records": batch}, Context())
    return [each["itemIdentifier"] for each in report["batchItemFailures"]]


def counted(
    aws: Cloud, resolution: Resolution = Resolution.DAY, groups: Sequence[str] = GROUPS
) -> Counted:
    """All counters of some groups, by group."""
    store = RollupStore(Dynamo(boto3.client("dynamodb")), aws.table("metrics"), SHARDS)
    start = floor(NOW, resolution)
    whole = Span(resolution, start - timedelta(days=3), start + timedelta(days=1))
    return {group: dict(summed(store.read(WORKSPACE, group, whole).buckets)) for group in groups}


def archived(parcel: Parcel) -> str:
    found = boto3.client("s3").get_object(
        Bucket="cairn-local-archive", Key=archive_key(parcel, NOW)
    )
    return gzip.decompress(found["Body"].read()).decode()


def test_a_session_is_counted_in_all_and_in_its_dimensions(aws: Cloud) -> None:
    parcel = parcel_of(
        happened("a", "session.started", visitor_type="New_Visitor", weekend=False),
        happened("b", kind="product"),
        happened("c", "custom.order_paid"),
        happened("d", "conversion.completed", name="purchase"),
        happened("e", "conversion.completed", name="undeclared"),
        happened("f", "custom.undeclared"),
        happened("g", session="other", visitor_type="Undeclared"),
        happened("h", "error.raised", session=None, source="crm", visitor_type="New_Visitor"),
    )
    assert deliver(records(parcel)) == []
    expected = {
        ALL: {
            "sessions": 2,
            "page_views": 2,
            "events.session.started": 1,
            "events.page.viewed": 2,
            "events.custom.order_paid": 1,
            "events.custom.other": 1,
            "events.conversion.completed": 2,
            "events.error.raised": 1,
            "conversions.purchase": 2,
            "conversions.other": 1,
            "folded.visitor_type": 1,
        },
        "visitor_type": {
            "New_Visitor|sessions": 1,
            "New_Visitor|conversions.purchase": 2,
            "New_Visitor|conversions.other": 1,
            "other|sessions": 1,
        },
        "weekend": {
            "false|sessions": 1,
            "false|conversions.purchase": 2,
            "false|conversions.other": 1,
        },
    }
    for resolution in Resolution:
        assert counted(aws, resolution) == expected


def test_a_decision_is_an_operation_and_a_step_of_its_published_flow(aws: Cloud) -> None:
    publish(
        aws, {(Kind.TELEMETRY, "default"): OPEN, (Kind.FLOW, FLOW): {"steps": [{"id": "team"}]}}
    )
    parcel = parcel_of(
        telling(decided("a", step="company", latency_ms=3), {"variation.headline": "team"}),
        happened("b", "step.viewed", flow=FLOW, step="team"),
        happened("c", "step.viewed", flow=FLOW, step="made_up"),
        decided("d", step="complete", minute=1),
    )
    assert deliver(records(parcel)) == []
    flow = {
        "decisions": 2,
        "unrated": 2,
        "source.rules": 2,
        "cache.none": 2,
        "started": 1,
        "reached|other": 1,
        "reached|team": 1,
        "completed": 1,
        "us_to_completion": 60_000_000,
    }
    by_headline = {f"team|{name}": count for name, count in flow.items()}
    for resolution in Resolution:
        groups = (f"flow.{FLOW}", f"flow.{FLOW}@variation.headline", "operations")
        found = counted(aws, resolution, groups)
        assert found[groups[0]] == flow
        assert found[groups[1]] == by_headline
        assert found["operations"] == {
            "decide|count": 2,
            "decide|us": 3_000,
            "decide|untimed": 1,
        }


def test_an_open_dimension_counts_the_first_values_that_come(aws: Cloud) -> None:
    publish(aws, {(Kind.TELEMETRY, "default"): OPEN})
    values = ("plain", "team", "late")
    parcels = [
        parcel_of(
            telling(happened("a", session=f"s-{value}"), {"variation.headline": value}),
            number=number,
        )
        for number, value in enumerate((*values, "team"))
    ]
    assert deliver(records(*parcels)) == []
    found = counted(aws, groups=("all", "variation.headline"))
    assert found["variation.headline"] == {
        "plain|sessions": 1,
        "team|sessions": 1,
        "other|sessions": 1,
    }
    assert found["all"]["folded.variation.headline"] == 1


def test_a_subject_counts_once_a_day_in_whichever_sessions(aws: Cloud) -> None:
    parcels = [
        parcel_of(happened("a", session=session, subject="u-1"), number=number, shard=number)
        for number, session in enumerate(("x", "y"))
    ]
    assert deliver(records(*parcels)) == []
    assert counted(aws)[ALL]["subjects"] == 1


def test_an_event_that_comes_late_is_counted_in_its_day(aws: Cloud) -> None:
    deliver(records(parcel_of(happened("a", minute=-49 * 60))))
    assert counted(aws)[ALL]["page_views"] == 1
    assert counted(aws)[ALL]["late"] == 1
    assert counted(aws, Resolution.MINUTE)[ALL] == {"late": 1}


def test_a_parcel_is_archived_as_it_came(aws: Cloud) -> None:
    parcel = parcel_of(happened("a"))
    body = json.dumps(json.loads(parcel.to_json()), indent=1)
    deliver([record(body)])
    assert archived(parcel) == body
    assert counted(aws)[ALL]["sessions"] == 1


def memory(aws: Cloud) -> Memory:
    address = Memories(aws.table("sessions")).address(WORKSPACE, SESSION)
    (item,) = Dynamo(boto3.client("dynamodb")).get_many([address])
    return memory_of(item)


def test_a_session_is_summed_up_once_whatever_comes_again(aws: Cloud) -> None:
    product = [
        happened(f"p-{each}", kind="product", duration_ms=1_500, minute=each) for each in range(3)
    ]
    others = [
        happened("blog", kind="blog", duration_ms=100, visitor_type="New_Visitor"),
        happened("bare"),
        happened("paid", "custom.order_paid"),
    ]
    deliver(records(parcel_of(*product, number=1)))
    deliver(records(parcel_of(*product[1:], *others, number=2, shard=1)))
    deliver(records(parcel_of(*product, number=1)))
    assert memory(aws).summary == Summary(
        seen={"product": Seen(3, 4_500), "other": Seen(2, 100)},
        dimensions={"visitor_type": "New_Visitor"},
        converted=True,
    )


def test_a_sessions_recent_events_can_be_read_beside_it(aws: Cloud) -> None:
    deliver(
        records(
            parcel_of(happened("a", "field.changed", field="vat_id", step="company"), number=1),
            parcel_of(happened("b", "step.back", minute=-5, step="company"), number=2),
        )
    )
    assert [(each.type, each.step, each.field) for each in memory(aws).recent] == [
        ("step.back", "company", None),
        ("field.changed", "company", "vat_id"),
    ]


def test_a_parcel_that_comes_again_counts_nothing(aws: Cloud, wire: Wire) -> None:
    parcel = parcel_of(happened("a", weekend=True), happened("b"))
    deliver(records(parcel))
    once = counted(aws)
    wire.calls.clear()
    deliver(records(parcel, parcel))
    assert counted(aws) == once
    assert not {"TransactWriteItems", "PutObject"} & wire.calls.keys()


def test_the_same_events_in_other_parcels_count_nothing(aws: Cloud) -> None:
    events = [happened(f"e-{number}", weekend=True) for number in range(6)]
    deliver(records(parcel_of(*events[:4], number=1)))
    deliver(records(parcel_of(events[3], events[4], events[4], number=2, shard=1)))
    deliver(records(parcel_of(*events, number=3)))
    assert counted(aws)[ALL] == {"sessions": 1, "page_views": 6, "events.page.viewed": 6}
    assert counted(aws)["weekend"] == {"true|sessions": 1}


def test_a_parcel_costs_two_reads_one_object_and_one_transaction(wire: Wire) -> None:
    request = happened("warm", "request.completed", operation="POST /v1/events", status=202)
    deliver(records(parcel_of(request, number=1)))
    wire.calls.clear()
    events = [happened(f"e-{each}", minute=each) for each in range(49)]
    deliver(records(parcel_of(*events, request.model_copy(update={"id": "again"}))))
    assert wire.calls == {"BatchGetItem": 1, "PutObject": 1, "TransactWriteItems": 1}


def test_operations_beyond_the_first_are_counted_together(aws: Cloud) -> None:
    requests = [
        happened(f"{each}", "request.completed", operation=f"GET /{each}", latency_ms=1)
        for each in range(OPERATIONS_APART + 2)
    ]
    parcels = [
        parcel_of(*some, number=number)
        for number, some in enumerate(batched(requests, 50, strict=False))
    ]
    assert deliver(records(*parcels)) == []
    found = counted(aws, groups=(ALL, "operations"))
    assert found[ALL]["folded.operations"] == found["operations"]["other|count"] == 2
    assert len(found["operations"]) == 2 * (OPERATIONS_APART + 1)


def test_a_failure_stops_its_group_and_no_other(aws: Cloud, wire: Wire) -> None:
    wire.refusing.add("PutObject")
    done = parcel_of(happened("a"), number=1)
    batch = [
        *records(done, parcel_of(happened("b", session="x"), number=2, shard=1)),
        record(UNREADABLE, 7, "g-0000"),
        record(UNREADABLE, 8, "g-0002"),
    ]
    assert deliver(batch) == ["m-0", "m-1", "m-7"]
    assert aws.received("events_dead") == [UNREADABLE]
    wire.refusing.clear()
    assert deliver(batch[:2]) == []
    assert counted(aws)[ALL]["sessions"] == 2


@pytest.mark.parametrize("operation", ["BatchGetItem", "TransactWriteItems", "PutObject"])
def test_a_throttled_store_returns_the_parcel_and_loses_nothing(
    operation: str, aws: Cloud, wire: Wire
) -> None:
    parcels = records(parcel_of(happened("a")))
    wire.refusing.add(operation)
    assert deliver(parcels) == ["m-0"]
    wire.refusing.clear()
    assert deliver(parcels) == []
    assert counted(aws)[ALL]["sessions"] == 1


def test_what_can_never_be_folded_is_buried_with_its_reason(aws: Cloud) -> None:
    assert deliver([record("not a parcel"), *records(parcel_of(happened("a")))]) == []
    client = boto3.client("sqs")
    answer = client.receive_message(
        QueueUrl=aws.queue_url("events_dead"), MessageAttributeNames=["All"]
    )
    (dead,) = answer["Messages"]
    assert dead["Body"] == "not a parcel"
    assert dead["MessageAttributes"]["reason"]["StringValue"].startswith("parcel.unreadable: ")
    assert counted(aws)[ALL]["sessions"] == 1


def test_what_can_not_even_be_buried_comes_back(aws: Cloud, wire: Wire) -> None:
    wire.refusing.add("SendMessageBatch")
    assert deliver([record(UNREADABLE), *records(parcel_of(happened("a"), shard=1))]) == ["m-0"]
    assert aws.received("events_dead") == []
    assert counted(aws)[ALL]["sessions"] == 1


def wide(number: int) -> Parcel:
    """A parcel whose writes need two transactions."""
    return parcel_of(
        *(
            happened(f"{each}", session=f"s-{each}", minute=-each, weekend=each % 2 == 0)
            for each in range(OWNERS)
        ),
        number=number,
    )


def mixed_company() -> list[dict[str, object]]:
    """A parcel of two transactions, one that repeats some of it, and one that is unreadable."""
    first = wide(1)
    again = parcel_of(
        *first.events[OWNERS - 10 :],
        happened("late", "conversion.completed", session="s-3", name="purchase"),
        number=2,
    )
    return [*records(first, again), record(UNREADABLE, 9)]


EXPECTED: Final[Counted] = {
    ALL: {
        "sessions": OWNERS,
        "page_views": OWNERS,
        "events.page.viewed": OWNERS,
        "events.conversion.completed": 1,
        "conversions.purchase": 1,
    },
    "visitor_type": {},
    "weekend": {
        "true|sessions": OWNERS // 2,
        "false|sessions": OWNERS // 2,
        "false|conversions.purchase": 1,
    },
}
WRITES: Final = (
    "PutObject",
    "TransactWriteItems",
    "TransactWriteItems",
    "PutObject",
    "TransactWriteItems",
    "SendMessageBatch",
)


def test_the_crash_tests_know_every_write(aws: Cloud, fuse: Fuse) -> None:
    batch = mixed_company()
    fuse.set(NEVER, "before")
    assert deliver(batch) == []
    assert tuple(fuse.writes) == WRITES
    assert counted(aws) == EXPECTED


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(len(WRITES)))
def test_a_crash_at_any_write_changes_no_total(
    write: int, moment: Moment, aws: Cloud, fuse: Fuse
) -> None:
    batch = mixed_company()
    fuse.set(write, moment)
    with pytest.raises(Crash):
        deliver(batch)
    for alone in batch:
        assert deliver([alone]) == []
    company = parcel_of(happened("company", session="s-1", weekend=False), number=3)
    assert deliver([*records(company), *reversed(batch)]) == []
    everything = {**EXPECTED[ALL], "page_views": OWNERS + 1, "events.page.viewed": OWNERS + 1}
    assert counted(aws) == {**EXPECTED, ALL: everything}
    assert set(aws.received("events_dead")) == {UNREADABLE}
    assert archived(wide(1)) == batch[0]["body"]


@pytest.mark.parametrize(
    ("case", "sessions", "buried"),
    [
        ("one-parcel", 1, 0),
        ("same-events-in-two-parcels", 1, 0),
        ("unreadable", 1, 1),
    ],
)
def test_golden_events_are_folded(case: str, sessions: int, buried: int, aws: Cloud) -> None:
    event = json.loads((GOLDEN / f"{case}.json").read_bytes())
    assert handler(event, Context()) == {"batchItemFailures": []}
    assert handler(event, Context()) == {"batchItemFailures": []}
    assert counted(aws)[ALL]["sessions"] == sessions
    assert counted(aws)[ALL]["events.page.viewed"] == 1
    assert len(aws.received("events_dead")) == buried


def test_every_golden_event_is_tested() -> None:
    assert len(list(GOLDEN.glob("*.json"))) == 3
