"""SQS in memory: FIFO and standard queues on a clock that is handed in.

Of a FIFO queue (Amazon SQS Developer Guide, *FIFO queue delivery logic*): while a message of a
group is in flight, the group gives nothing else; a deduplication id is taken once in five minutes
per group; a message that was handed out too often goes to the dead-letter queue.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final, cast

from cairn.platform.clock import Clock, epoch_ms
from infra.inprocess.wire import CalmWire, Wire, refusal

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

DEDUPLICATED_FOR: Final = timedelta(minutes=5)
BATCH: Final = 10
FIFO_SUFFIX: Final = ".fifo"

type Request = Mapping[str, Any]  # Any: a call's parameters, as the AWS client takes them
type Shuffle = Callable[[list[str]], None]
"""Puts the names of groups in the order in which they are looked at."""


def _as_they_came(_groups: list[str]) -> None:
    """The oldest group first."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A message in a queue."""

    id: str
    body: str
    group: str
    deduplication_id: str
    attributes: Request
    sent_at: datetime
    number: int
    receipt: str = ""
    received: int = 0
    visible_at: datetime | None = None


@dataclass(slots=True)
class _Queue:
    fifo: bool
    visibility: timedelta
    attempts: int
    dead: str
    groups: dict[str, list[_Waiting]] = field(default_factory=dict)
    taken: dict[tuple[str, str], datetime] = field(default_factory=dict)


class MemoryQueues:
    """The SQS client of one account; a queue's URL is its name.

    Args:
        clock: tells when messages are seen again.
        wire: what happens between the process and the queues.
        shuffle: orders groups before each delivery.

    Attributes:
        deduplicated: messages that a queue did not take a second time, by queue.
        buried: messages that went to a dead-letter queue after their last attempt, by queue.
    """

    def __init__(
        self, clock: Clock, wire: Wire | None = None, shuffle: Shuffle = _as_they_came
    ) -> None:
        self._clock = clock
        self._wire = wire or CalmWire()
        self._shuffle = shuffle
        self._queues: dict[str, _Queue] = {}
        self._numbers = count(1)
        self.deduplicated: Counter[str] = Counter()
        self.buried: Counter[str] = Counter()

    def make(
        self,
        name: str,
        *,
        visibility: timedelta = timedelta(seconds=30),
        attempts: int = 0,
        dead: str = "",
    ) -> str:
        """Makes a queue, FIFO where its name says so, and gives its URL.

        Args:
            name: its name.
            visibility: how long a message that was handed out is not seen.
            attempts: how often a message is handed out; 0 for ever.
            dead: where it goes then.
        """
        self._queues[name] = _Queue(name.endswith(FIFO_SUFFIX), visibility, attempts, dead)
        return name

    def client(self) -> "SQSClient":
        """Itself, under the type that the platform asks for."""
        return cast("SQSClient", self)

    def next_visible(self, url: str) -> datetime | None:
        """When the next message in flight is seen again; None where none is in flight."""
        times = [each.visible_at for each in self._messages(url) if each.visible_at is not None]
        return min(times, default=None)

    def waiting(self, url: str) -> int:
        """Messages in a queue, also those in flight."""
        return sum(1 for _ in self._messages(url))

    def send_message_batch(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """SendMessageBatch."""
        call = "SendMessageBatch"
        self._wire.sent(call)
        entries: Sequence[Request] = request["Entries"]
        if not 0 < len(entries) <= BATCH:
            raise refusal(call, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
        for entry in entries:
            self._take(request["QueueUrl"], entry)
        self._wire.answered(call)
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def receive_message(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """ReceiveMessage; messages tell all of their attributes."""
        url = request["QueueUrl"]
        seconds = request.get("VisibilityTimeout")
        hidden = timedelta(seconds=seconds) if seconds is not None else None
        found = self.receive(url, request.get("MaxNumberOfMessages", 1), hidden)
        return {"Messages": found} if found else {}

    def receive(
        self, url: str, most: int = BATCH, hidden: timedelta | None = None
    ) -> list[Request]:
        """Hands out up to `most` messages that are not seen again for a while."""
        queue, now = self._queues[url], self._clock()
        groups = [group for group, members in queue.groups.items() if members]
        self._shuffle(groups)
        handed: list[_Waiting] = []
        for group in groups:
            for message in self._ready(queue, group, now, url):
                if len(handed) == most:
                    break
                self._hand_out(message, now + (hidden if hidden is not None else queue.visibility))
                handed.append(message)
        return [_told(each) for each in handed]

    def delete_message(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """DeleteMessage, by the receipt of the last delivery."""
        self._wire.sent("DeleteMessage")
        self._forget(request["QueueUrl"], request["ReceiptHandle"])
        self._wire.answered("DeleteMessage")
        return {}

    def delete_message_batch(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """DeleteMessageBatch."""
        self._wire.sent("DeleteMessageBatch")
        for entry in request["Entries"]:
            self._forget(request["QueueUrl"], entry["ReceiptHandle"])
        self._wire.answered("DeleteMessageBatch")
        return {"Successful": [{"Id": each["Id"]} for each in request["Entries"]], "Failed": []}

    def change_message_visibility(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """ChangeMessageVisibility."""
        hidden = timedelta(seconds=request["VisibilityTimeout"])
        for message in self._messages(request["QueueUrl"]):
            if message.receipt == request["ReceiptHandle"]:
                message.visible_at = self._clock() + hidden
        return {}

    def get_queue_attributes(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """GetQueueAttributes: how many messages wait, and how many are in flight."""
        now = self._clock()
        messages = list(self._messages(request["QueueUrl"]))
        flying = sum(1 for each in messages if _in_flight(each, now))
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(messages) - flying),
                "ApproximateNumberOfMessagesNotVisible": str(flying),
            }
        }

    def _messages(self, url: str) -> Iterable[_Waiting]:
        return (each for group in self._queues[url].groups.values() for each in group)

    def _take(self, url: str, entry: Request) -> None:
        queue, now = self._queues[url], self._clock()
        number = next(self._numbers)
        group = entry.get("MessageGroupId", f"alone-{number}")
        mark = (group, entry.get("MessageDeduplicationId", str(number)))
        if queue.fifo and mark in queue.taken and now - queue.taken[mark] < DEDUPLICATED_FOR:
            self.deduplicated[url] += 1
            return
        queue.taken[mark] = now
        attributes = entry.get("MessageAttributes", {})
        message = _Waiting(f"m-{number}", entry["MessageBody"], *mark, attributes, now, number)
        queue.groups.setdefault(group, []).append(message)

    def _ready(self, queue: _Queue, group: str, now: datetime, url: str) -> Sequence[_Waiting]:
        """The messages of a group that may be handed out; those that were too often leave."""
        members = queue.groups[group]
        if any(_in_flight(each, now) for each in members):
            return ()
        spent = [each for each in members if queue.attempts and each.received >= queue.attempts]
        for message in spent:
            members.remove(message)
            self.buried[url] += 1
            message.received, message.visible_at = 0, None
            self._queues[queue.dead].groups.setdefault(group, []).append(message)
        return tuple(members)

    def _hand_out(self, message: _Waiting, until: datetime) -> None:
        message.received += 1
        message.receipt = f"{message.id}-{next(self._numbers)}"
        message.visible_at = until

    def _forget(self, url: str, receipt: str) -> None:
        groups = self._queues[url].groups
        for group, members in groups.items():
            for message in members:
                if message.receipt == receipt:
                    members.remove(message)
                    if not members:
                        del groups[group]
                    return


def _in_flight(message: _Waiting, now: datetime) -> bool:
    return message.visible_at is not None and message.visible_at > now


def _told(message: _Waiting) -> Request:
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": {
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.deduplication_id,
            "SequenceNumber": f"{message.number:020d}",
            "ApproximateReceiveCount": str(message.received),
            "SentTimestamp": str(epoch_ms(message.sent_at)),
        },
        "MessageAttributes": message.attributes,
    }
