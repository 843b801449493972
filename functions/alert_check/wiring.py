"""Where alert-check's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from functools import cache, partial

from cairn.alerts.channels import BusSender, Channels, LogSender, WebhookSender
from cairn.alerts.check import Check
from cairn.alerts.published import PublishedRules
from cairn.alerts.store import AlertStore
from cairn.alerts.telling import Tell
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.metrics.rollups import RollupStore
from cairn.platform.aws import Patience, dynamodb, events, secretsmanager
from cairn.platform.bus import Bus
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.secrets import Secrets
from cairn.traces.wiring import observed
from functions.alert_check.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    check: Check
    clock: Clock
    telemetry: Telemetry


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    configuration = ConfigurationStore(dynamo, settings.config_table)
    telemetry = observed("alert-check", settings, dynamo, clock)
    check = Check(
        published=PublishedRules(configuration, Snapshots(configuration, tick)),
        rollups=RollupStore(dynamo, settings.metrics_table, settings.shards),
        states=AlertStore(dynamo, settings.alerts_table),
        channels=cache(partial(_tell, settings, telemetry, clock, tick)),
        environment=settings.environment,
    )
    return Wiring(check, clock, telemetry)


def _tell(settings: Settings, telemetry: Telemetry, clock: Clock, tick: Ticker) -> Tell:
    secrets = Secrets(secretsmanager(Patience.BACKGROUND), tick)
    bus = Bus(events(Patience.BACKGROUND), settings.event_bus)
    channels = Channels(
        log=LogSender(telemetry.say),
        webhook=WebhookSender(
            partial(secrets.read, settings.webhook_secret_arn),
            clock,
            allow_loopback=settings.environment == "local",
        ),
        bus=BusSender(bus),
    )
    return channels.send


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first invocation."""
    return build(Settings.load(os.environ))
