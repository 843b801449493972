"""A dead-letter queue as a mailbox: letters are lent, then taken or put back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cairn.platform.clock import epoch_ms, from_epoch_ms
from cairn.platform.queue import Message, Queue
from infra.redrive.letters import ATTEMPTS_SPENT, Letter

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

LENT_S: Final = 300
"""How long a lent letter is not seen by others, also where the borrower never comes back."""

PATIENCE_S: Final = 1
"""How long an empty mailbox is watched: a short look asks only some of SQS's servers."""

AT_ONCE: Final = 10


class Mailbox:
    """One dead-letter queue, by its URL."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def lend(self, limit: int | None = None) -> Iterator[Sequence[Letter]]:
        """Lends letters, some at a time, until there are no more, or `limit` were lent.

        Of a FIFO group nothing more comes while letters of it are lent.
        """
        left = limit
        while left is None or left > 0:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE if left is None else min(AT_ONCE, left),
                VisibilityTimeout=LENT_S,
                WaitTimeSeconds=PATIENCE_S,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            found = [_letter(each) for each in answer.get("Messages", ())]
            if not found:
                return
            left = None if left is None else left - len(found)
            yield found

    def take(self, letter: Letter) -> None:
        """Removes a lent letter for good."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def set_aside(self, letter: Letter) -> bool:
        """Moves a lent letter to a group of its own; says whether that could be done.

        What stays at the head of a FIFO group would hide the rest of the group.
        """
        told = (
            ("reason", letter.reason),
            ("group", letter.group or ""),
            ("sent_at_ms", str(epoch_ms(letter.sent_at))),
        )
        aside = Message(letter.body, letter.id, f"aside-{letter.id}", told)
        if Queue(self._client, self._url).send([aside]):
            return False
        self.take(letter)
        return True

    def put_back(self, letter: Letter) -> None:
        """Lets others see a lent letter at once."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )


def _letter(message: Mapping[str, Any]) -> Letter:  # Any: the client's own shape
    system = message["Attributes"]
    told = {
        name: each["StringValue"] for name, each in message.get("MessageAttributes", {}).items()
    }
    return Letter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        group=told.get("group", system.get("MessageGroupId")),
        reason=told.get("reason", ATTEMPTS_SPENT),
        sent_at=from_epoch_ms(int(told.get("sent_at_ms", system["SentTimestamp"]))),
        alone="group" in told or "MessageGroupId" not in system,
    )
