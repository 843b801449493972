"""Where decide-next-step's stores are named and joined to its rules."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.behavior.store import Memories, memory_of
from cairn.configuration.model import Entry, Kind, Release, Snapshot, address
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore, release_of
from cairn.decisions.choosing import Chooser
from cairn.decisions.consulted import Published
from cairn.decisions.decide import Decide
from cairn.decisions.desk import Commit, LoadedState, StateQuery
from cairn.decisions.finding import Finding
from cairn.decisions.lazy_models import LazyModels
from cairn.decisions.model_port import ModelPort
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.report import SOURCE
from cairn.decisions.store import DecisionStore, assigned_of, mark_of, session_of
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.model_words import FORM_WORDS
from cairn.decisions.surfaces.form.surface import FORM
from cairn.decisions.variation import VariationResolver
from cairn.events.completions import Completions
from cairn.events.model import Event
from cairn.events.reporting import Reporting
from cairn.events.store import Outbox, ParcelQueue
from cairn.platform.aws import Patience, dynamodb, secretsmanager, sqs
from cairn.platform.cache import Cache
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.ids import IDS, Ids
from cairn.platform.lanes import Lanes
from cairn.platform.lazy_cache import LazyCache
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.traces.wiring import observed
from functions.decide_next_step.settings import Settings

if TYPE_CHECKING:
    from cairn.decisions.replaying import Replays
    from cairn.platform.shared_state import SharedState


@dataclass(frozen=True, slots=True)
class TableDesk:
    """The desk of this function: tables of several concepts, read in one trip."""

    dynamo: Dynamo
    store: DecisionStore
    memories: Memories
    configuration: ConfigurationStore
    snapshots: Snapshots
    reporting: Reporting

    def open(self, wanted: StateQuery) -> LoadedState:
        """See `Desk.open`."""
        workspace = wanted.workspace
        addresses = {}
        if wanted.session_id is not None:
            addresses["session"] = self.store.session_address(workspace, wanted.session_id)
            addresses["memory"] = self.memories.address(workspace, wanted.session_id)
        if wanted.subject is not None:
            addresses["assigned"] = self.store.assigned_address(workspace, wanted.subject)
        if wanted.repeatable is not None:
            addresses["mark"] = self.store.mark_address(workspace, wanted.repeatable.key)
        due = self.snapshots.due(workspace)
        if due:
            addresses["release"] = self.configuration.pointer(workspace)
        items = self.dynamo.get_many(list(addresses.values()))
        read = dict(zip(addresses, items, strict=True))
        release = release_of(workspace, read.get("release"))
        memory = memory_of(read.get("memory"))
        return LoadedState(
            snapshot=self.snapshots.observe(release) if due else self.last_known(workspace),
            session=session_of(read.get("session"), wanted.now),
            recent=memory.recent,
            summary=memory.summary,
            mark=mark_of(read.get("mark"), wanted.now),
            kept=assigned_of(read.get("assigned"), wanted.now),
        )

    def last_known(self, workspace: str) -> Snapshot:
        """See `Desk.last_known`."""
        return self.snapshots.last_known(workspace)

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:
        """See `Desk.find`."""
        return self.store.find(workspace, decision_id, now)

    def keep(self, kept: Commit) -> None:
        """See `Desk.keep`."""
        self.store.keep(kept)

    def report(self, workspace: str, events: Sequence[Event], now: datetime) -> int:
        """See `Desk.report`."""
        return self.reporting.send(workspace, events, now)


@dataclass(frozen=True, slots=True)
class TableArchive:
    """Decisions and the configuration that they were made on."""

    store: DecisionStore
    configuration: ConfigurationStore

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:
        """See `Archive.find`."""
        return self.store.find(workspace, decision_id, now)

    def published(self, workspace: str, kind: Kind, name: str, version: int) -> Published | None:
        """See `Archive.published`."""
        found = self.configuration.entry(workspace, address(kind, name), version)
        return Published(version=found.version, digest=found.digest) if found else None

    def snapshot(self, workspace: str, documents: Mapping[str, Published]) -> Snapshot:
        """See `Archive.snapshot`."""
        entries = {
            name: Entry(version=each.version, digest=each.digest)
            for name, each in documents.items()
        }
        release = Release(workspace=workspace, version=0, entries=entries)
        return self.configuration.snapshot(release, None)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    decide: Decide[Flow, Case, Shown]
    replays: "Callable[[], Replays[Flow, Case, Shown]]"
    archive: TableArchive
    desk: TableDesk
    store: DecisionStore
    completions: Completions
    keys: KeyRing
    ids: Ids
    clock: Clock
    tick: Ticker
    telemetry: Telemetry


def build(  # noqa: PLR0913  # what tests and benchmarks replace
    settings: Settings,
    *,
    clock: Clock = system_clock,
    tick: Ticker = time.monotonic,
    plan_cache: Cache | None = None,
    models: ModelPort | None = None,
    ids: Ids = IDS,
) -> Wiring:
    """Joins everything.

    Args:
        settings: what the environment says.
        clock: the present.
        tick: monotonic seconds.
        plan_cache: a cache; by its URL, where none is given.
        models: whoever asks models; the real ones, where nobody is given.
        ids: where new ids come from.
    """
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    desk = _desk(settings, dynamo, tick)
    keys = KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick)
    telemetry = observed("decide-next-step", settings, dynamo, clock)
    lanes = Lanes()
    shared = plan_cache or _cache(settings.cache_url, lanes)
    plans = PlanCache(FORM, Finding[Shown], shared, lanes, tick)
    asked = models or LazyModels(lambda: _models(settings, lanes, clock, tick))
    return Wiring(
        decide=Decide(
            Chooser(FORM, plans, FORM_WORDS, VariationResolver(settings.environment)),
            desk,
            lanes,
            asked,
        ),
        replays=cache(lambda: _replays(_forgetful(lanes, tick), asked)),
        archive=TableArchive(desk.store, desk.configuration),
        desk=desk,
        store=desk.store,
        completions=Completions(SOURCE, desk.reporting.queue, settings.shards, clock, tick),
        keys=keys,
        ids=ids,
        clock=clock,
        tick=tick,
        telemetry=telemetry,
    )


def _forgetful(lanes: Lanes, tick: Ticker) -> PlanCache[Flow, Case, Shown]:
    return PlanCache(FORM, Finding[Shown], None, lanes, tick)


def _replays(
    plans: PlanCache[Flow, Case, Shown], models: ModelPort
) -> "Replays[Flow, Case, Shown]":
    from cairn.decisions.replaying import Replays  # noqa: PLC0415  # few requests replay

    return Replays(FORM, FORM_WORDS, plans, Finding[Shown], models)


def _cache(url: str, lanes: Lanes) -> Cache | None:
    return LazyCache(lambda: _valkey(url), lanes) if url else None


def _valkey(url: str) -> Cache:
    from cairn.platform.valkey import ValkeyCache  # noqa: PLC0415  # heavy: see `LateCache`

    return ValkeyCache(url)


def _models(settings: Settings, lanes: Lanes, clock: Clock, tick: Ticker) -> ModelPort:
    """Model calls; the SDK, keys and shared state come with the first of them."""
    from cairn.llm.calling import Models, World  # noqa: PLC0415  # see `LateModels`
    from cairn.llm.keys import ModelKeys  # noqa: PLC0415  # the same
    from cairn.llm.openai_client import OpenAIClient  # noqa: PLC0415  # the same
    from cairn.platform.fallback_state import FallbackState  # noqa: PLC0415  # the same
    from cairn.platform.secrets import Secrets  # noqa: PLC0415  # the same
    from cairn.platform.shared_state import MemoryState  # noqa: PLC0415  # the same

    secrets = cache(lambda: Secrets(secretsmanager(Patience.REQUEST), tick))
    keys = ModelKeys(lambda: secrets().read(settings.model_key_arn))
    url = settings.cache_url
    state = FallbackState(partial(_valkey_state, url) if url else None, MemoryState(tick), lanes)
    world = World(state, clock, payloads=settings.trace_payloads)
    return Models(OpenAIClient(keys.find, clock=clock, tick=tick), world)


def _valkey_state(url: str) -> "SharedState":
    from cairn.platform.valkey_state import ValkeyState  # noqa: PLC0415  # heavy: see `LateCache`

    return ValkeyState(url)


def _desk(settings: Settings, dynamo: Dynamo, tick: Ticker) -> TableDesk:
    configuration = ConfigurationStore(dynamo, settings.config_table)
    queue = Queue(sqs(Patience.REQUEST), settings.events_queue_url)
    return TableDesk(
        dynamo=dynamo,
        store=DecisionStore(
            dynamo, sessions=settings.sessions_table, decisions=settings.decisions_table
        ),
        memories=Memories(settings.sessions_table),
        configuration=configuration,
        snapshots=Snapshots(configuration, tick),
        reporting=Reporting(
            queue=ParcelQueue(queue),
            outbox=Outbox(dynamo, settings.decisions_table),
            shards=settings.shards,
        ),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
