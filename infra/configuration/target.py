"""Where configuration is published to: the running local stack, another endpoint, or AWS."""

from dataclasses import dataclass

from cairn.access.store import KeyStore
from cairn.configuration.store import ConfigurationStore
from cairn.platform.dynamo import Dynamo
from infra.catalog import Table
from infra.clients import client
from infra.config import ENVIRONMENTS, Name


@dataclass(frozen=True, slots=True)
class Target:
    """The config table of one environment, as the stores that live in it."""

    environment: Name
    documents: ConfigurationStore
    keys: KeyStore


def target(environment: Name, endpoint: str | None = None) -> Target:
    """Finds an environment's config table.

    Args:
        environment: `local` is the running stack; others are found by ordinary AWS credentials.
        endpoint: the address of DynamoDB, where it is another one.

    Raises:
        LocalError: the local stack doesn't run, or AWS cannot be asked from here.
    """
    dynamo = Dynamo(client("dynamodb", environment, endpoint))
    table = ENVIRONMENTS[environment].named(Table.CONFIG)
    return Target(environment, ConfigurationStore(dynamo, table), KeyStore(dynamo, table))
