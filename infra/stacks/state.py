"""What must outlive a deployment: tables, queues, archive, bus, secrets and cache."""

from collections.abc import Callable

from aws_cdk import CfnParameter, Stack, StackSynthesizer
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.catalog import FUNCTIONS
from infra.config import Environment
from infra.constructs.alarms import QueueAlarms
from infra.constructs.archive import Archive
from infra.constructs.cache import ServerlessCache
from infra.constructs.queues import Queues
from infra.constructs.secrets import Secrets
from infra.constructs.stores import Stores
from infra.constructs.tables import Tables
from infra.stores import DEAD, Queue


class StateStack(Stack):
    """Every store of one environment.

    Attributes:
        stores: What the functions are given.
    """

    def __init__(
        self, scope: Construct, *, environment: Environment, synthesizer: StackSynthesizer
    ) -> None:
        super().__init__(
            scope,
            environment.named("state"),
            description=f"Cairn {environment.name}: what is kept.",
            synthesizer=synthesizer,
            termination_protection=environment.protected,
        )
        cache_url, connect = self._cache(environment)
        self.stores = Stores(
            tables=Tables(self, "Tables", environment=environment).by_name,
            queues=Queues(self, "Queues", environment=environment).by_name,
            secrets=Secrets(self, "Secrets", environment=environment).by_name,
            archive=Archive(self, "Archive", environment=environment),
            bus=events.EventBus(self, "Bus", event_bus_name=f"cairn-{environment.name}"),
            cache_url=cache_url,
            connect=connect,
        )
        if environment.alarms:
            self._watch(environment)

    def _cache(self, environment: Environment) -> tuple[str, Callable[[iam.IRole], None]]:
        if environment.cache == "serverless":
            cache = ServerlessCache(self, "Cache", environment=environment)
            return cache.url, cache.grant_connect
        if environment.cache == "given":
            url = CfnParameter(
                self, "CacheUrl", default="", description="Where Valkey is; empty: no cache."
            )
            return url.value_as_string, _nothing_needed
        return "", _nothing_needed

    def _watch(self, environment: Environment) -> None:
        alarms = QueueAlarms(self, "Alarms", environment=environment)
        for function in FUNCTIONS:
            if function.consumes:
                alarms.late(function.consumes, self.stores.queues[function.consumes.queue])
        for queue in Queue:
            if queue not in DEAD:
                alarms.dead(queue, self.stores.queues[queue])


def _nothing_needed(_role: iam.IRole) -> None:
    """Such a cache asks nobody who they are."""
