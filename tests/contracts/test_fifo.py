"""What a FIFO queue of SQS promises, over moto and in memory; and what redriving makes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from cairn.events.store import DeadParcels
from cairn.platform.queue import Message, Queue
from infra.inprocess.queues import MemoryQueues
from infra.redrive.letters import ATTEMPTS_SPENT, READABLE, Fate
from infra.redrive.mailbox import Mailbox
from infra.redrive.run import Redrive, Wish
from infra.stores import Queue as Named
from tests.functions.cloud import cloud
from tests.parcels import NOW, happened, parcel_of

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

PARCEL = parcel_of(happened("a")).to_json()


@dataclass
class Queues:
    """A client, a queue and its dead-letter queue."""

    client: "SQSClient"
    events: str
    dead: str

    def send(self, *bodies: str, group: str = "g-0000", dead: bool = False) -> None:
        messages = [Message(body, group, f"id-{body}") for body in bodies]
        assert Queue(self.client, self.dead if dead else self.events).send(messages) == ()

    def receive(self, url: str = "", visibility: int = 60) -> list[tuple[str, str]]:
        answer = self.client.receive_message(
            QueueUrl=url or self.events, MaxNumberOfMessages=10, VisibilityTimeout=visibility
        )
        return [(each["Body"], each["ReceiptHandle"]) for each in answer.get("Messages", [])]

    def bodies(self, url: str = "") -> list[str]:
        """Takes every message of a queue."""
        found: list[str] = []
        while some := self.receive(url):
            for body, receipt in some:
                found.append(body)
                self.client.delete_message(QueueUrl=url or self.events, ReceiptHandle=receipt)
        return found

    @property
    def redrive(self) -> Redrive:
        mailbox = Mailbox(self.client, self.dead)
        return Redrive(mailbox, Queue(self.client, self.events), READABLE[Named.EVENTS])


@pytest.fixture(params=["moto", "memory"])
def queues(request: pytest.FixtureRequest) -> Iterator[Queues]:
    if request.param == "memory":
        made = MemoryQueues(lambda: NOW)
        dead = made.make("dead.fifo")
        yield Queues(made.client(), made.make("events.fifo", attempts=5, dead=dead), dead)
    else:
        with cloud() as aws:
            url = aws.queue_url
            yield Queues(boto3.client("sqs"), url("events"), url("events_dead"))


def test_a_group_comes_in_order_and_one_delivery_at_a_time(queues: Queues) -> None:
    queues.send("one", "two")
    queues.send("other", group="g-0001")
    first = queues.receive()
    assert [body for body, _ in first if body != "other"] == ["one", "two"]
    queues.send("three")
    assert "three" not in [body for body, _ in queues.receive()]
    for _, receipt in first:
        queues.client.delete_message(QueueUrl=queues.events, ReceiptHandle=receipt)
    assert queues.bodies() == ["three"]


def test_what_is_not_deleted_comes_again(queues: Queues) -> None:
    queues.send("one")
    ((_, receipt),) = queues.receive()
    assert queues.receive() == []
    queues.client.change_message_visibility(
        QueueUrl=queues.events, ReceiptHandle=receipt, VisibilityTimeout=0
    )
    assert queues.bodies() == ["one"]


def test_a_deduplication_id_is_taken_once(queues: Queues) -> None:
    queues.send("one")
    queues.send("one")
    assert queues.bodies() == ["one"]


def test_in_memory_five_minutes_later_it_is_taken_again_and_the_fifth_delivery_is_the_last() -> (
    None
):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    made = MemoryQueues(lambda: now)
    dead = made.make("dead.fifo")
    memory = Queues(made.client(), made.make("events.fifo", attempts=5, dead=dead), dead)
    memory.send("one")
    memory.send("one")
    for _ in range(5):
        assert [body for body, _ in memory.receive()] == ["one"]
        now += timedelta(seconds=60)
    assert memory.receive() == []
    assert (memory.bodies(dead), made.buried["events.fifo"]) == (["one"], 1)
    memory.send("one")
    assert memory.bodies() == ["one"]


def test_a_look_changes_nothing(queues: Queues) -> None:
    queues.send(PARCEL, dead=True)
    for _ in range(2):
        ((letter, fate),) = queues.redrive.carry_out(Wish(look=True))
        assert (letter.reason, letter.group, fate) == (ATTEMPTS_SPENT, "g-0000", Fate.WAITS)
        assert letter.size == len(PARCEL)
    assert (queues.bodies(), queues.bodies(queues.dead)) == ([], [PARCEL])


def test_a_parcel_goes_back_and_what_is_none_stays_with_its_reason(queues: Queues) -> None:
    dead = DeadParcels(Queue(queues.client, queues.dead))
    dead.bury("{}", group="g-0001", message_id="m-1", reason="parcel.unreadable: id: missing")
    queues.send(PARCEL, dead=True)
    fates = {letter.body: (letter, fate) for letter, fate in queues.redrive.carry_out(Wish())}
    assert fates[PARCEL][1] is Fate.SENT_BACK
    assert fates["{}"][1] is Fate.HOPELESS
    assert (fates["{}"][0].reason, fates["{}"][0].group) == (
        "parcel.unreadable: id: missing",
        "g-0001",
    )
    assert (queues.bodies(), queues.bodies(queues.dead)) == ([PARCEL], ["{}"])


def test_nothing_waits_behind_what_can_never_be_processed(queues: Queues) -> None:
    poison = [f'{{"number": {number}}}' for number in range(12)]
    queues.send(*poison, PARCEL, dead=True)
    fates = [fate for _, fate in queues.redrive.carry_out(Wish())]
    assert fates.count(Fate.SENT_BACK) == 1
    assert queues.bodies() == [PARCEL]
    assert sorted(queues.bodies(queues.dead)) == sorted(poison)


def test_only_letters_of_a_reason_and_only_so_many(queues: Queues) -> None:
    dead = DeadParcels(Queue(queues.client, queues.dead))
    dead.bury(PARCEL, group="g-0001", message_id="m-1", reason="a fault of ours")
    queues.send(PARCEL, dead=True)
    fates = [fate for _, fate in queues.redrive.carry_out(Wish(reason="ours"))]
    assert sorted(fates) == sorted([Fate.SENT_BACK, Fate.PASSED_OVER])
    assert len(list(queues.redrive.carry_out(Wish(look=True, limit=1)))) == 1


@pytest.mark.parametrize("limit", [1, 11])
def test_letters_beyond_the_limit_are_not_hidden(queues: Queues, limit: int) -> None:
    for number in range(12):
        queues.send(f"letter {number}", group=f"g-{number:04d}", dead=True)
    assert len(list(queues.redrive.carry_out(Wish(look=True, limit=limit)))) == limit
    assert len(queues.bodies(queues.dead)) == 12


def test_letters_that_were_not_come_to_are_not_hidden(queues: Queues) -> None:
    queues.send("one", "two", dead=True)
    letters = queues.redrive.carry_out(Wish(look=True))
    next(letters)
    letters.close()  # type: ignore[attr-defined]  # a generator
    assert sorted(queues.bodies(queues.dead)) == ["one", "two"]


def test_only_what_can_never_be_processed_is_dropped(queues: Queues) -> None:
    queues.send("{}", dead=True)
    queues.send(PARCEL, group="g-0001", dead=True)
    fates = {letter.body: fate for letter, fate in queues.redrive.carry_out(Wish(drop=True))}
    assert fates == {"{}": Fate.DROPPED, PARCEL: Fate.WAITS}
    assert (queues.bodies(), queues.bodies(queues.dead)) == ([], [PARCEL])


def test_a_letter_that_the_queue_refuses_stays(queues: Queues) -> None:
    class Shut:
        def send(self, messages: Sequence[Message]) -> tuple[int, ...]:
            return tuple(range(len(messages)))

    queues.send(PARCEL, dead=True)
    shut = Redrive(Mailbox(queues.client, queues.dead), Shut(), READABLE[Named.EVENTS])
    assert [fate for _, fate in shut.carry_out(Wish())] == [Fate.REFUSED]
    assert queues.bodies(queues.dead) == [PARCEL]
