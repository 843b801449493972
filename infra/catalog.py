"""The data flow on one page: which function is woken by what, and what it reads and writes.

    browser ──► decide-next-step ──┐                        ┌──► alert-check ──► bus, webhooks
            ──► track-event ───────┴─► events ─► aggregate-metrics ─► metrics ──► console
            ──► flag-eval, explain            (sweep-outbox sends what `decide` could not)
            ──► collect-traces ──► traces ──► console      (and what functions record themselves)
                                   metrics ─► analyze ──► experiments ──► console

The stacks are built from this page: a function gets exactly the permissions, triggers and
limits that stand here.
"""

from dataclasses import dataclass
from typing import Final

from infra.stores import Place, Queue, Store, Table
from layers.recipes import Layer

UNROUTED: Final = "$default"
"""Whatever no route takes: refused in our own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """How a function takes messages from a queue.

    Attributes:
        queue: Where from.
        batch: Messages per invocation, at most 10.
        at_once: Invocations side by side, at least 2.
        late_s: An oldest message of this age, in seconds, raises the alarm.
    """

    queue: Queue
    batch: int
    at_once: int
    late_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the data flow.

    Attributes:
        name: kebab-case, as in AWS; its folder has the same name in snake_case.
        does: One sentence, shown in the AWS console.
        routes: HTTP routes it answers.
        consumes: The queue that wakes it.
        every_minutes: How often the scheduler wakes it.
        reads: Stores it reads.
        writes: Stores it writes.
        deletes: Tables whose items it deletes.
        memory_mb: Memory; processor time comes in proportion.
        timeout_s: Longest run, seconds.
        slow_ms: A 95th percentile of this many milliseconds raises the alarm.
        reserved: Concurrent runs set aside for it, which are also its most.
        layers: What it may import beside its own code, the first before the others.
    """

    name: str
    does: str
    routes: tuple[str, ...] = ()
    consumes: Consumption | None = None
    every_minutes: int | None = None
    reads: frozenset[Store] = frozenset()
    writes: frozenset[Store] = frozenset()
    deletes: frozenset[Table] = frozenset()
    memory_mb: int
    timeout_s: int
    slow_ms: int
    reserved: int | None = None
    layers: tuple[Layer, ...] = (Layer.SHARED,)

    @property
    def stores(self) -> frozenset[Store]:
        """Every store it touches."""
        return self.reads | self.writes | self.deletes

    @property
    def package(self) -> str:
        """Its folder under `functions/`."""
        return self.name.replace("-", "_")


FUNCTIONS: Final = (
    Function(
        name="decide-next-step",
        does="Decides what a visitor sees next; starts and resumes sessions.",
        routes=(
            "POST /v1/decisions",
            "GET /v1/decisions/{id}",
            "POST /v1/decisions/{id}/replay",
            "POST /v1/sessions",
            "GET /v1/sessions/{id}",
        ),
        reads=frozenset(
            {
                Table.KEYS,
                Table.CONFIG,
                Table.SESSIONS,
                Table.DECISIONS,
                Place.CACHE,
                Place.MODEL_KEY,
            }
        ),
        writes=frozenset(
            {Table.SESSIONS, Table.DECISIONS, Table.TRACES, Place.CACHE, Queue.EVENTS}
        ),
        memory_mb=1024,
        timeout_s=10,
        slow_ms=1_500,
    ),
    Function(
        name="track-event",
        does="Takes what visitors did, packs it into parcels and queues them.",
        routes=("POST /v1/events",),
        reads=frozenset({Table.KEYS}),
        writes=frozenset({Table.TRACES, Queue.EVENTS}),
        memory_mb=512,
        timeout_s=10,
        slow_ms=500,
    ),
    Function(
        name="aggregate-metrics",
        does="Folds each parcel into sessions and rollups exactly once, and archives it.",
        consumes=Consumption(queue=Queue.EVENTS, batch=10, at_once=32, late_s=300),
        reads=frozenset({Table.CONFIG, Table.SESSIONS, Table.METRICS}),
        writes=frozenset(
            {Table.SESSIONS, Table.METRICS, Table.TRACES, Place.PARCELS, Queue.EVENTS_DEAD}
        ),
        memory_mb=1024,
        timeout_s=30,
        slow_ms=10_000,
    ),
    Function(
        name="collect-traces",
        does="Takes spans from OpenTelemetry exporters and keeps them.",
        routes=("POST /v1/traces",),
        reads=frozenset({Table.KEYS}),
        writes=frozenset({Table.TRACES}),
        memory_mb=1024,
        timeout_s=15,
        slow_ms=3_000,
    ),
    Function(
        name="archive-traces",
        does="Writes traces to the archive before their table forgets them.",
        every_minutes=30,
        reads=frozenset({Table.CONFIG, Table.TRACES, Place.OLD_TRACES}),
        writes=frozenset({Table.TRACES, Place.OLD_TRACES}),
        memory_mb=1024,
        timeout_s=600,
        slow_ms=500_000,
        reserved=1,
    ),
    Function(
        name="flag-eval",
        does="Evaluates feature flags for OpenFeature clients, and serves them to GrowthBook SDKs.",
        routes=(
            "POST /ofrep/v1/evaluate/flags",
            "POST /ofrep/v1/evaluate/flags/{key+}",
            "GET /api/features/{client_key}",
        ),
        reads=frozenset({Table.KEYS, Table.CONFIG}),
        writes=frozenset({Table.TRACES}),
        memory_mb=512,
        timeout_s=5,
        slow_ms=300,
    ),
    Function(
        name="alert-check",
        does="Compares rollups with the alert rules and tells who wants to know.",
        every_minutes=1,
        reads=frozenset({Table.CONFIG, Table.METRICS, Table.ALERTS, Place.WEBHOOK_SECRET}),
        writes=frozenset({Table.ALERTS, Table.TRACES, Place.BUS}),
        memory_mb=512,
        timeout_s=50,
        slow_ms=20_000,
        reserved=1,
    ),
    Function(
        name="analyze",
        does="Judges experiments, and switches a flag back where one does harm.",
        routes=("POST /v1/experiments/{id}/analysis",),
        every_minutes=15,
        reads=frozenset({Table.KEYS, Table.CONFIG, Table.METRICS, Table.EXPERIMENTS}),
        writes=frozenset({Table.CONFIG, Table.EXPERIMENTS, Table.TRACES, Queue.EVENTS, Place.BUS}),
        memory_mb=1024,
        timeout_s=28,
        slow_ms=20_000,
        layers=(Layer.SHARED, Layer.ANALYSIS),
    ),
    Function(
        name="explain",
        does="Tells why a decision was made: its factors at once, its narrative later.",
        routes=("GET /v1/decisions/{id}/explanation", "POST /v1/decisions/{id}/explanation"),
        consumes=Consumption(queue=Queue.EXPLANATIONS, batch=5, at_once=4, late_s=600),
        reads=frozenset({Table.KEYS, Table.DECISIONS}),
        writes=frozenset({Table.DECISIONS, Table.TRACES, Queue.EXPLANATIONS, Queue.EVENTS}),
        memory_mb=512,
        timeout_s=20,
        slow_ms=2_000,
    ),
    Function(
        name="console",
        does="Reads metrics, traces and health, manages flags, describes the API.",
        routes=(
            "GET /v1/metrics/dashboard",
            "GET /v1/metrics/performance",
            "GET /v1/metrics/costs",
            "GET /v1/metrics/quality",
            "GET /v1/metrics/cache",
            "GET /v1/metrics/health",
            "GET /v1/metrics/funnel",
            "GET /v1/metrics/experiments",
            "GET /metrics",
            "GET /v1/traces",
            "GET /v1/traces/{id}",
            "GET /v1/flags",
            "POST /v1/flags",
            "GET /v1/flags/{key}",
            "PUT /v1/flags/{key}",
            "POST /v1/flags/{key}/enable",
            "POST /v1/flags/{key}/disable",
            "POST /v1/flags/{key}/archive",
            "POST /v1/flags/{key}/unarchive",
            "POST /v1/flags/{key}/rollout",
            "GET /v1/flags/{key}/history",
            "GET /v1/experiments",
            "GET /v1/experiments/{id}",
            "GET /v1/experiments/{id}/results",
            "GET /experiments/{id}",
            "GET /health",
            "GET /openapi.json",
            UNROUTED,
        ),
        reads=frozenset(
            {
                Table.KEYS,
                Table.CONFIG,
                Table.METRICS,
                Table.EXPERIMENTS,
                Table.TRACES,
                Place.OLD_TRACES,
                Place.CACHE,
                Queue.EVENTS,
                Queue.EVENTS_DEAD,
            }
        ),
        writes=frozenset({Table.CONFIG, Table.TRACES}),
        memory_mb=1024,
        timeout_s=15,
        slow_ms=2_000,
    ),
    Function(
        name="sweep-outbox",
        does="Sends the parcels that the queue did not take when they were made.",
        every_minutes=1,
        reads=frozenset({Table.DECISIONS}),
        writes=frozenset({Table.TRACES, Queue.EVENTS}),
        deletes=frozenset({Table.DECISIONS}),
        memory_mb=512,
        timeout_s=50,
        slow_ms=20_000,
        reserved=1,
    ),
)


def retry_after_s(queue: Queue) -> int:
    """Seconds until an unfinished message of `queue` is seen again.

    Six times the consumer's timeout, as AWS advises, so that no message is handed out again
    while its batch may still be running; 30 s for a queue that nobody consumes.
    """
    limits = [
        each.timeout_s for each in FUNCTIONS if each.consumes and each.consumes.queue == queue
    ]
    return 6 * max(limits, default=5)
