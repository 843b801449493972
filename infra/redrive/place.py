"""Where dead letters are, and where they go back to, in an environment."""

from cairn.platform.queue import Queue as LiveQueue
from infra.clients import client
from infra.config import ENVIRONMENTS, Name
from infra.redrive.letters import READABLE
from infra.redrive.mailbox import Mailbox
from infra.redrive.run import Redrive
from infra.stores import DEAD, FIFO, Queue


def redrive_of(queue: str, environment: Name, endpoint: str | None = None) -> Redrive:
    """The redrive of a queue of the catalog.

    Raises:
        LocalError: the local stack doesn't run, or AWS cannot be asked from here.
    """
    live = Queue(queue)
    sqs = client("sqs", environment, endpoint)

    def url(wanted: Queue) -> str:
        name = ENVIRONMENTS[environment].named(wanted) + (".fifo" if wanted in FIFO else "")
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]

    return Redrive(Mailbox(sqs, url(DEAD[live])), LiveQueue(sqs, url(live)), READABLE[live])
