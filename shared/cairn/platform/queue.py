"""SQS: sending in tens, and saying which messages were not taken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.errors import QueueUnavailable
from cairn.platform.observability.correlation import TRACEPARENT
from cairn.platform.observability.recording import span, traceparent

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_MESSAGES: Final = 10
"""Messages in one SendMessageBatch."""

BATCH_BYTES: Final = 1024 * 1024
"""Bytes of all messages, bodies and attributes, in one SendMessageBatch."""


STRING: Final = "String"
"""The type of every attribute."""


class Message(NamedTuple):
    """One message to send.

    Attributes:
        body: at most 1 MiB of text.
        group: FIFO message group; None on a standard queue.
        deduplication_id: FIFO deduplication; None on a standard queue.
        attributes: string attributes that travel beside the body.
    """

    body: str
    group: str | None = None
    deduplication_id: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


class Queue:
    """One queue, by its URL."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url
        self._name = url.rpartition("/")[2]

    def send(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """Sends all messages, ten to a call; what takes them goes on with the sender's trace.

        Returns:
            The positions of the messages that the queue did not take; empty when all are in.
        """
        messages = _traced(messages)
        refused: list[int] = []
        for batch in _batches(messages):
            refused.extend(self._send_batch(messages, batch))
        return tuple(refused)

    def depth(self) -> tuple[int, int]:
        """Messages waiting and messages in flight, approximately.

        Raises:
            QueueUnavailable: the queue does not answer.
        """
        try:
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailable("The queue does not answer.") from error
        found = answer["Attributes"]
        return (
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    def _send_batch(self, messages: Sequence[Message], batch: Sequence[int]) -> list[int]:
        entries = [_entry(position, messages[position]) for position in batch]
        with span("SendMessageBatch", "producer") as sending:
            sending.set("messaging.system", "aws_sqs")
            sending.set("messaging.destination.name", self._name)
            sending.set("messaging.batch.message_count", len(batch))
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                sending.fail(type(error).__name__)
                return list(batch)
            failed = [int(failure["Id"]) for failure in answer.get("Failed", ())]
            if failed:
                sending.fail("refused")
            return failed


def _traced(messages: Sequence[Message]) -> Sequence[Message]:
    hop = traceparent()
    if hop is None:
        return messages
    return [each._replace(attributes=(*each.attributes, (TRACEPARENT, hop))) for each in messages]


def _batches(messages: Sequence[Message]) -> list[list[int]]:
    """Positions in sending order, at most 10 messages and 1 MiB to a batch."""
    batches: list[list[int]] = [[]]
    size = 0
    for position, message in enumerate(messages):
        length = _bytes(message)
        if len(batches[-1]) == BATCH_MESSAGES or size + length > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(position)
        size += length
    return [batch for batch in batches if batch]


def _bytes(message: Message) -> int:
    """What a message weighs by SQS's rules: its body, and each attribute's name, type and value."""
    parts = [part for pair in message.attributes for part in (*pair, STRING)]
    return sum(len(part.encode()) for part in (message.body, *parts))


def _entry(position: int, message: Message) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(position), "MessageBody": message.body}
    if message.group is not None:
        entry["MessageGroupId"] = message.group
    if message.deduplication_id is not None:
        entry["MessageDeduplicationId"] = message.deduplication_id
    if message.attributes:
        entry["MessageAttributes"] = {
            name: {"DataType": STRING, "StringValue": value} for name, value in message.attributes
        }
    return entry
