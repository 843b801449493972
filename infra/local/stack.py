"""Composes the local stack: emulator, cache, template, front; up in this order, down in reverse."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from infra.local import places, ports, supervise, synth, valkey
from infra.local.cloud import session
from infra.local.cors import Cors
from infra.local.deploy import Deployment, deploy
from infra.local.emulator import Emulator, Ministack
from infra.local.failure import LocalError
from infra.local.front_settings import FrontSettings
from infra.local.state import Running
from infra.local.supervise import Child
from infra.model_server import child as model

PATIENCE_S = 30.0
POLL_S = 0.02
CACHE_PARAMETER = "CacheUrl"

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack that runs as long as its context is open.

    Attributes:
        facts: Where everything is.
        children: The processes it cannot do without.
        cache: The one it can.
    """

    facts: Running
    children: tuple[Child, ...]
    cache: Child

    def check(self) -> None:
        """Raises a `LocalError` if one of its processes has ended, save the cache."""
        for child in self.children:
            child.check()

    @property
    def has_cache(self) -> bool:
        """Whether the cache still runs; Cairn goes on without it, and says so in its answers."""
        return self.cache.is_running


@dataclass(frozen=True, slots=True)
class _Server:
    """A process that was started and will answer at `url`."""

    child: Child
    url: str
    is_ready: Callable[[], bool]

    def awaited(self) -> str:
        """Its address, once it answers."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_ready():
            self.child.check()
            if time.monotonic() > deadline:
                raise LocalError(f"The {self.child.name} did not answer in {PATIENCE_S:.0f} s.")
            time.sleep(POLL_S)
        return self.url


class _Servers(NamedTuple):
    """The servers of one stack."""

    cloud: _Server
    cache: _Server
    front: _Server
    model: _Server | None


@contextmanager
def local_stack(
    *,
    port: int | None = None,
    logs: Path = places.LOGS,
    emulator: Emulator | None = None,
    scenario: str | None = None,
    say: Say = lambda _: None,
) -> Iterator[LocalStack]:
    """Starts everything on loopback ports and ends it all at the end.

    Args:
        port: Where the front listens; any free port if not given.
        logs: Folder for what the processes print.
        emulator: Which emulator; `ministack` if not given.
        scenario: What a scripted model server plays; none runs if not given.
        say: Is told each slow step.

    Raises:
        LocalError: something is missing, taken or broken.
    """
    chosen = emulator or Ministack(places.EMULATOR, places.UNPACKED)
    front_port = port or ports.free_port()
    ports.require_free(front_port)
    _install(chosen, say)
    with places.run_folder() as run, ExitStack() as context:
        starter = _Starter(context, run, logs)
        cloud, cache = starter.emulator(chosen), starter.valkey()
        model = starter.model_server(scenario) if scenario else None
        say("Synthesizing the template, unless nothing changed")
        with places.alone():
            assembly = synth.synthesize(places.CLOUD)
        say("Deploying it")
        parameters = {CACHE_PARAMETER: cache.awaited()}
        deployment = deploy(
            session(), cloud.awaited(), assembly, packed=places.PACKED, parameters=parameters
        )
        upstream = cloud.url + chosen.api_path(deployment.api_id)
        front = starter.front(front_port, upstream, deployment.cors)
        front.awaited()
        yield _stack(_Servers(cloud, cache, front, model), deployment, logs)


def _stack(servers: _Servers, deployment: Deployment, logs: Path) -> LocalStack:
    cloud, cache, front, model = servers
    children = tuple(each.child for each in (cloud, front, model) if each)
    facts = Running(
        pid=os.getpid(),
        base_url=front.url,
        endpoint=cloud.url,
        cache_url=cache.url,
        resources=dict(deployment.resources),
        processes={child.name: child.pid for child in (*children, cache.child)},
        logs=logs,
        model_url=model.awaited() if model else None,
    )
    return LocalStack(facts, children, cache.child)


def _install(emulator: Emulator, say: Say) -> None:
    with places.alone():
        if not emulator.is_installed:
            say("Installing the AWS emulator (only once)")
            emulator.install()


@dataclass(frozen=True, slots=True)
class _Starter:
    """Starts the processes of one run; they end with its context."""

    context: ExitStack
    run: Path
    logs: Path

    def emulator(self, emulator: Emulator) -> _Server:
        port = ports.free_port()
        environment = emulator.environment(port, self.run)
        child = self._child(emulator.name, emulator.command(), "emulator.log", environment)
        return _Server(child, ports.url(port), lambda: emulator.is_ready(port))

    def valkey(self) -> _Server:
        port = ports.free_port()
        child = self._child("Valkey server", valkey.command(port, self.run), "valkey.log")
        return _Server(child, ports.url(port, "redis"), lambda: valkey.is_ready(port))

    def model_server(self, scenario: str) -> _Server:
        port = ports.free_port()
        child = self._child(model.NAME, model.command(scenario, port), "model-server.log")
        return _Server(child, ports.url(port), lambda: ports.is_open(port))

    def front(self, port: int, upstream: str, cors: Cors) -> _Server:
        settings = FrontSettings(upstream=upstream, port=port, cors=cors).model_dump_json()
        command = [sys.executable, "-P", "-m", "infra.local.front", settings]
        child = self._child("front", command, "front.log")
        return _Server(child, ports.url(port), lambda: ports.is_open(port))

    def _child(
        self,
        name: str,
        command: Sequence[str],
        log: str,
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        child = supervise.start(name, command, log=self.logs / log, environment=environment)
        return self.context.enter_context(child)
