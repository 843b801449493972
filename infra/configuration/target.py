"""Where configuration is published to: the running local stack, another endpoint, or AWS."""

from dataclasses import dataclass

from cairn.access.store import KeyStore
from cairn.configuration.store import ConfigurationStore
from cairn.platform.dynamo import Dynamo
from infra.clients import client
from infra.config import ENVIRONMENTS, Name
from infra.stores import Table


@dataclass(frozen=True, slots=True)
class Target:
    """Documents and API keys of one environment."""

    environment: Name
    documents: ConfigurationStore
    keys: KeyStore


def target(environment: Name, endpoint: str | None = None) -> Target:
    """Finds where an environment keeps its configuration.

    Args:
        environment: `local` is the running stack; others are found by ordinary AWS credentials.
        endpoint: the address of DynamoDB, where it is another one.

    Raises:
        LocalError: the local stack doesn't run, or AWS cannot be asked from here.
    """
    dynamo = Dynamo(client("dynamodb", environment, endpoint))
    named = ENVIRONMENTS[environment].named
    return Target(
        environment,
        ConfigurationStore(dynamo, named(Table.CONFIG)),
        KeyStore(dynamo, named(Table.KEYS)),
    )
