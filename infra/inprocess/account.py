"""An AWS account in memory, and functions started over it as fresh processes have them."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from inspect import signature
from io import TextIOBase
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final, Never
from unittest.mock import patch

from cairn.access.keys import new_key
from cairn.access.store import KeyStore
from cairn.configuration.store import ConfigurationStore
from cairn.platform import http
from cairn.platform.clock import Clock, Deadline
from cairn.platform.dynamo import Dynamo
from infra.catalog import FUNCTIONS, retry_after_s
from infra.config import LOCAL
from infra.configuration.apply import apply
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.bus import MemoryBus
from infra.inprocess.callers import WORKSPACE, Context
from infra.inprocess.published import EXAMPLE
from infra.inprocess.queues import FIFO_SUFFIX, MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.inprocess.wire import refusal
from infra.local.cloud import REGION
from infra.stores import ARCHIVE_BUCKET, FIFO, Place, Queue, Table

TIMEOUTS_S: Final = {each.package: each.timeout_s for each in FUNCTIONS}
"""Longest run of each function, seconds, by its folder."""

ATTEMPTS: Final = 5
"""Times that a message is handed out before it goes to the dead-letter queue."""

ARCHIVE: Final = LOCAL.named(ARCHIVE_BUCKET)

type Handler = Callable[[Mapping[str, object]], Mapping[str, Any]]  # Any: JSON
"""A started function: takes an event and gives its answer."""

_WIRED: Final[ContextVar[Mapping[str, object]]] = ContextVar("wired")


@dataclass(frozen=True, slots=True)
class MemoryAccount:
    """Tables, queues, buckets and the bus of one environment."""

    tables: MemoryTables
    queues: MemoryQueues
    buckets: MemoryBuckets
    clock: Clock
    bus: MemoryBus = field(default_factory=MemoryBus)

    @property
    def events(self) -> str:
        """The URL of the events queue."""
        return _url(Queue.EVENTS)

    @property
    def dead(self) -> str:
        """The URL of its dead-letter queue."""
        return _url(Queue.EVENTS_DEAD)

    @property
    def dynamo(self) -> Dynamo:
        """The tables as stores know them."""
        return Dynamo(self.tables.client())

    def furnish(self, more: Sequence[Path] = ()) -> str:
        """Makes the queues, publishes the example configuration, and gives an admin's key.

        Args:
            more: documents that are published too.
        """
        visibility = timedelta(seconds=retry_after_s(Queue.EVENTS))
        self.queues.make(self.dead)
        self.queues.make(self.events, visibility=visibility, attempts=ATTEMPTS, dead=self.dead)
        self.queues.make(_url(Queue.EXPLANATIONS))
        documents = ConfigurationStore(self.dynamo, LOCAL.named(Table.CONFIG))
        with TemporaryDirectory() as folder:
            for file in (*EXAMPLE.iterdir(), *more):
                shutil.copy(file, folder)
            apply(Path(folder), documents, workspace=WORKSPACE, now=self.clock())
        key, record = new_key("secret", workspace=WORKSPACE, environment=LOCAL.name, role="admin")
        KeyStore(self.dynamo, LOCAL.named(Table.KEYS)).put(record)
        return key

    @contextmanager
    def functions(self, packages: Sequence[str]) -> Iterator[None]:
        """Lets several processes of each of these functions live here, over this account.

        Whatever clients they make, at once or late, are its own; what they log is not shown. No
        real deadline ends a request, so each goes on in the thread of whoever asks.
        """
        environment = {"POWERTOOLS_METRICS_NAMESPACE": "Cairn", "AWS_DEFAULT_REGION": REGION}
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, environment))
            stack.enter_context(redirect_stdout(_Nowhere()))
            stack.enter_context(patch.object(http, "in_time", _in_its_own_time))
            for package in packages:
                handler = import_module(f"functions.{package}.handler")
                stack.enter_context(patch.object(handler, "wiring", _wiring_of(handler)))
                wiring = import_module(f"functions.{package}.wiring")
                for name, client in self._clients.items():
                    if hasattr(wiring, name):
                        stack.enter_context(patch.object(wiring, name, client))
            yield

    def start(self, package: str, shards: int, **parts: object) -> Handler:
        """A function as a fresh process has it: nothing read, nothing kept.

        Args:
            package: its folder under `functions/`; one of those that live here.
            shards: message groups and shards, as its environment says.
            parts: what its wiring is built with instead of the real thing.
        """
        settings = import_module(f"functions.{package}.settings").Settings
        wiring = import_module(f"functions.{package}.wiring")
        if "clock" in signature(wiring.build).parameters:
            parts = {"clock": self.clock, **parts}
        wired = wiring.build(settings.load(self._variables(shards)), **parts)
        module = import_module(f"functions.{package}.handler")
        context = Context(remaining_ms=TIMEOUTS_S[package] * 1_000)

        def handle(event: Mapping[str, object]) -> Mapping[str, Any]:  # Any: JSON
            token = _WIRED.set({package: wired})
            try:
                return dict(module.handler(event, context) or {})
            finally:
                _WIRED.reset(token)

        return handle

    @property
    def _clients(self) -> Mapping[str, Callable[[object], object]]:
        return {
            "dynamodb": lambda _patience: self.tables.client(),
            "sqs": lambda _patience: self.queues.client(),
            "s3": lambda _patience: self.buckets.client(),
            "events": lambda _patience: self.bus.client(),
            "secretsmanager": lambda _patience: _NoSecrets(),
        }

    def _variables(self, shards: int) -> dict[str, str]:
        tables = {f"CAIRN_{each.name}_TABLE": LOCAL.named(each) for each in Table}
        queues = {f"CAIRN_{each.name}_QUEUE_URL": _url(each) for each in Queue}
        return {
            **tables,
            **queues,
            "CAIRN_ENVIRONMENT": LOCAL.name,
            "CAIRN_LOG_LEVEL": LOCAL.log_level,
            "CAIRN_SHARDS": str(shards),
            "CAIRN_ARCHIVE_BUCKET": ARCHIVE,
            "CAIRN_TRACE_DAYS": str(LOCAL.trace_days),
            "CAIRN_EVENT_BUS": LOCAL.named("bus"),
            "CAIRN_WEBHOOK_SECRET_ARN": LOCAL.named(Place.WEBHOOK_SECRET),
            "CAIRN_MODEL_KEY_ARN": LOCAL.named(Place.MODEL_KEY),
        }


def _url(queue: Queue) -> str:
    return LOCAL.named(queue) + (FIFO_SUFFIX if queue in FIFO else "")


def _in_its_own_time[Answer](_deadline: Deadline, call: Callable[[], Answer]) -> Answer:
    """What `call` answers, however long it takes."""
    return call()


def _wiring_of(handler: ModuleType) -> Callable[[], object]:
    package = handler.__name__.split(".")[1]
    return lambda: _WIRED.get()[package]


class _NoSecrets:
    """A Secrets Manager without secrets."""

    def get_secret_value(self, **_request: str) -> Never:
        raise refusal("GetSecretValue", "ResourceNotFoundException")


class _Nowhere(TextIOBase):
    """Forgets what is written."""

    def write(self, text: str) -> int:
        return len(text)
