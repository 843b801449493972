"""Where configuration is published to: the running local stack, another endpoint, or AWS."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError

from cairn.access.store import KeyStore
from cairn.configuration.store import ConfigurationStore
from cairn.platform.aws import Patience
from cairn.platform.dynamo import Dynamo
from infra.catalog import Table
from infra.config import ENVIRONMENTS, Name
from infra.local.cloud import session
from infra.local.failure import LocalError
from infra.local.state import running

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


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
    try:
        dynamo = Dynamo(_client(environment, endpoint))
    except BotoCoreError as error:
        raise LocalError(f"AWS cannot be asked from here: {error}") from error
    table = ENVIRONMENTS[environment].named(Table.CONFIG)
    return Target(environment, ConfigurationStore(dynamo, table), KeyStore(dynamo, table))


def _client(environment: Name, endpoint: str | None) -> "DynamoDBClient":
    config = Patience.BACKGROUND.value
    if environment == "local":
        address = endpoint or running().endpoint
        return session().client("dynamodb", endpoint_url=address, config=config)
    return boto3.Session().client("dynamodb", endpoint_url=endpoint, config=config)
