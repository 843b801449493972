"""The stores of the data flow: tables, queues, and whatever else is read or written."""

from enum import StrEnum
from typing import Final


class Table(StrEnum):
    """DynamoDB tables."""

    KEYS = "keys"  # digests of API keys; operators write them, and no function does
    CONFIG = "config"  # published documents, release pointers, workspaces
    SESSIONS = "sessions"  # sessions, their folds, which sessions a subject has
    DECISIONS = "decisions"  # decisions, narratives, idempotency marks, the outbox
    METRICS = "metrics"  # receipts of parcels, rollups
    ALERTS = "alerts"  # where each alert stands
    TRACES = "traces"  # spans by trace, and which traces began when
    EXPERIMENTS = "experiments"  # what is known of each experiment, and how that went


class Queue(StrEnum):
    """SQS queues; each that is consumed has its dead-letter queue."""

    EVENTS = "events"  # FIFO: parcels of events
    EVENTS_DEAD = "events-dead"  # FIFO: parcels that could not be folded, with the reason
    EXPLANATIONS = "explanations"  # decisions whose narrative is wanted
    EXPLANATIONS_DEAD = "explanations-dead"
    SCHEDULES_DEAD = "schedules-dead"  # ticks that reached nobody, or failed


class Place(StrEnum):
    """Whatever else is read or written."""

    PARCELS = "archived-parcels"  # in the archive: every parcel as it came
    OLD_TRACES = "archived-traces"  # in the archive: traces, before their table forgets them
    BUS = "bus"  # what happened, for outsiders
    CACHE = "cache"  # plans by their inputs
    WEBHOOK_SECRET = "webhook-secret"  # noqa: S105  # a name; the root of what signs webhooks
    MODEL_KEY = "model-key"  # opens the model providers, and says which key goes where


type Store = Table | Queue | Place

ARCHIVE_BUCKET: Final = "archive"
"""The bucket of what is archived."""

DEAD: Final = {
    Queue.EVENTS: Queue.EVENTS_DEAD,
    Queue.EXPLANATIONS: Queue.EXPLANATIONS_DEAD,
}
"""Where a queue's messages go after their last attempt."""

FIFO: Final = frozenset({Queue.EVENTS, Queue.EVENTS_DEAD})
"""Queues that keep the order within a message group."""
