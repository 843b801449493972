"""sweep-outbox on moto: what the queue did not take arrives after all, once."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cairn.events.model import Parcel
from cairn.events.store import OUTBOX_PARTITIONS, Outbox, ParcelQueue
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import StoreUnavailable
from cairn.platform.queue import Queue
from functions.sweep_outbox.handler import handler
from functions.sweep_outbox.settings import Settings
from functions.sweep_outbox.wiring import Wiring, build
from tests.functions.callers import Context
from tests.functions.cloud import Cloud
from tests.functions.refusals import Wire, tapped
from tests.parcels import happened, parcel_of

TICK = json.loads(
    (Path(__file__).parents[2] / "events" / "sweep-outbox" / "tick.json").read_bytes()
)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with tapped() as wire:
        yield wire


@pytest.fixture(autouse=True)
def wired(aws: Cloud, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """A fresh wiring for each test; its calls start at none."""
    built = build(Settings.load(aws.variables))
    monkeypatch.setattr("functions.sweep_outbox.handler.wiring", lambda: built)
    wire.calls.clear()
    return built


@pytest.fixture
def outbox(aws: Cloud) -> Outbox:
    return Outbox(Dynamo(boto3.client("dynamodb")), aws.table("decisions"))


def parcels(count: int) -> list[Parcel]:
    return [parcel_of(happened(f"e-{number}"), number=number) for number in range(count)]


def queued(aws: Cloud) -> set[str]:
    return {Parcel.model_validate_json(body).id for body in aws.received("events")}


def test_what_waits_is_sent_and_forgotten(aws: Cloud, outbox: Outbox) -> None:
    kept = parcels(12)
    outbox.keep(kept)
    handler(TICK, Context())
    assert queued(aws) == {each.id for each in kept}
    assert outbox.waiting() == []


def test_an_empty_outbox_costs_a_query_per_partition(wire: Wire) -> None:
    handler(TICK, Context())
    assert wire.calls == {"Query": OUTBOX_PARTITIONS}


def test_what_the_queue_refuses_again_waits_on(aws: Cloud, outbox: Outbox, wire: Wire) -> None:
    kept = parcels(3)
    outbox.keep(kept)
    wire.refusing.add("SendMessageBatch")
    handler(TICK, Context())
    assert {each.id for each in outbox.waiting()} == {each.id for each in kept}
    wire.refusing.clear()
    handler(TICK, Context())
    assert queued(aws) == {each.id for each in kept}


def test_a_parcel_that_was_sent_but_not_forgotten_is_sent_once(
    aws: Cloud, outbox: Outbox, wire: Wire
) -> None:
    outbox.keep(parcels(1))
    wire.refusing.add("DeleteItem")
    with pytest.raises(StoreUnavailable):
        handler(TICK, Context())
    wire.refusing.clear()
    handler(TICK, Context())
    assert len(aws.received("events")) == 1
    assert outbox.waiting() == []


def test_one_sweep_is_bounded(aws: Cloud, outbox: Outbox) -> None:
    outbox.keep(parcels(30))
    queue = ParcelQueue(Queue(boto3.client("sqs"), aws.queue_url("events")))
    sent, refused = outbox.sweep(queue, limit=OUTBOX_PARTITIONS)
    assert 0 < sent <= OUTBOX_PARTITIONS
    assert (refused, len(outbox.waiting())) == (0, 30 - sent)


def test_keeping_a_parcel_twice_is_keeping_it_once(outbox: Outbox) -> None:
    outbox.keep(parcels(1) * 2)
    assert outbox.waiting() == parcels(1)
