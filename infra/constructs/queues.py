"""The queues and where their messages go after the last attempt."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.catalog import retry_after_s
from infra.config import Environment
from infra.constructs.acknowledge import acknowledge
from infra.stores import DEAD, FIFO, Queue

ATTEMPTS = 5
"""Times that a message is handed out before the redrive policy takes it; consumers give up
earlier on what can't succeed, and say why."""

KEPT_DAYS = 4
KEPT_DEAD_DAYS = 14
"""The longest that SQS keeps a message."""


class Queues(Construct):
    """Every queue of the catalog.

    Attributes:
        by_name: The queues.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self._environment = environment
        dead = {queue: self._dead(queue) for queue in Queue if queue not in DEAD}
        live = {queue: self._live(queue, dead[end]) for queue, end in DEAD.items()}
        self.by_name = dead | live

    def _dead(self, queue: Queue) -> sqs.Queue:
        made = self._queue(queue, kept=Duration.days(KEPT_DEAD_DAYS), dead=None)
        acknowledge(made, {"AwsSolutions-SQS3": "It is a dead-letter queue itself."})
        return made

    def _live(self, queue: Queue, dead: sqs.Queue) -> sqs.Queue:
        end = sqs.DeadLetterQueue(queue=dead, max_receive_count=ATTEMPTS)
        return self._queue(queue, kept=Duration.days(KEPT_DAYS), dead=end)

    def _queue(
        self, queue: Queue, *, kept: Duration, dead: sqs.DeadLetterQueue | None
    ) -> sqs.Queue:
        ordered = queue in FIFO
        return sqs.Queue(
            self,
            queue.name.title().replace("_", ""),
            queue_name=self._environment.named(queue) + (".fifo" if ordered else ""),
            # Order and deduplication per group is what lets a FIFO queue scale with its groups.
            fifo=ordered or None,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP if ordered else None,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if ordered else None,
            visibility_timeout=Duration.seconds(retry_after_s(queue)),
            retention_period=kept,
            dead_letter_queue=dead,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
