"""The functions in this process over moto, with the example configuration and a metered wire.

moto taps AWS sessions that are made after its import. So it is imported here, and the functions,
whose platform makes the one session, only when they are started.
"""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import boto3

from cairn.configuration.store import ConfigurationStore
from cairn.platform.dynamo import Dynamo
from infra.configuration.apply import apply
from infra.inprocess.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from infra.inprocess.cloud import ACCOUNT_VARIABLES, Cloud, cloud
from infra.proof import Unmeasurable
from infra.trips.meter import HOOK, Meter, Trips

EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "onboarding"
FAILED: Final = 400
TRACED: Final = {"CAIRN_TRACES": "on", "CAIRN_TRACE_SHARE": "1", "CAIRN_TRACE_SLOW_MS": "60000"}
"""Every trace is written, with all its spans, unless the function keeps none unasked."""

type Handler = Callable[[Mapping[str, object]], Mapping[str, Any]]  # Any: JSON
"""A started function: takes an event and gives its answer."""


@dataclass(frozen=True, slots=True)
class World:
    """AWS in the process, a key, and what is counted."""

    cloud: Cloud
    meter: Meter
    key: str

    def start(self, package: str, **parts: object) -> Handler:
        """A function as a fresh process has it: nothing read, nothing kept.

        Args:
            package: its folder under `functions/`.
            parts: what its wiring is built with instead of the real thing.
        """
        settings = import_module(f"functions.{package}.settings").Settings
        wired = import_module(f"functions.{package}.wiring").build(
            settings.load({**self.cloud.variables, **TRACED}), **parts
        )
        module = import_module(f"functions.{package}.handler")

        def handle(event: Mapping[str, object]) -> Mapping[str, Any]:  # Any: JSON
            with patch.object(module, "wiring", lambda: wired):
                return dict(module.handler(event, Context()) or {})

        return handle

    def ask(
        self,
        function: Handler,
        route: str,
        body: object = None,
        *,
        path: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Answered, Trips]:
        """Sends an HTTP request with a secret key; gives the answer and its trips.

        Raises:
            Unmeasurable: the request failed.
        """
        event = http_event(route, body, key=self.key, path=path, headers=headers)
        self.meter.read()
        answer = answered(function(event))
        trips = self.meter.read()
        if answer.status >= FAILED:
            raise Unmeasurable(f"{route} answered {answer.status}: {answer.body[:300]}")
        return answer, trips


@contextmanager
def world() -> Iterator[World]:
    """A fresh world; what the functions log is not shown."""
    with (
        patch.dict(os.environ, ACCOUNT_VARIABLES),
        cloud() as created,
        redirect_stdout(io.StringIO()),
    ):
        _publish(created)
        meter = Meter()
        events = import_module("cairn.platform.aws").HOOKS
        events.register(HOOK, meter)
        try:
            yield World(created, meter, api_key(created))
        finally:
            events.unregister(HOOK, meter)


def _publish(created: Cloud) -> None:
    store = ConfigurationStore(Dynamo(boto3.client("dynamodb")), created.table("config"))
    apply(EXAMPLE, store, workspace=WORKSPACE, now=datetime.now(UTC))
