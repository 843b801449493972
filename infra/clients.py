"""AWS clients of an environment: the running local stack, another endpoint, or AWS itself."""

from typing import TYPE_CHECKING, Literal, overload

import boto3
from botocore.exceptions import BotoCoreError

from cairn.platform.aws import Patience
from infra.config import Name
from infra.local.cloud import session
from infra.local.failure import LocalError
from infra.local.state import running

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient


@overload
def client(
    service: Literal["dynamodb"], environment: Name, endpoint: str | None = None
) -> "DynamoDBClient": ...
@overload
def client(
    service: Literal["sqs"], environment: Name, endpoint: str | None = None
) -> "SQSClient": ...
@overload
def client(
    service: Literal["s3"], environment: Name, endpoint: str | None = None
) -> "S3Client": ...
@overload
def client(
    service: Literal["secretsmanager"], environment: Name, endpoint: str | None = None
) -> "SecretsManagerClient": ...
def client(
    service: Literal["dynamodb", "s3", "secretsmanager", "sqs"],
    environment: Name,
    endpoint: str | None = None,
) -> "DynamoDBClient | S3Client | SecretsManagerClient | SQSClient":
    """A client of one service.

    Args:
        service: which.
        environment: `local` is the running stack; others are found by ordinary AWS credentials.
        endpoint: the address of the service, where it is another one.

    Raises:
        LocalError: the local stack doesn't run, or AWS cannot be asked from here.
    """
    config = Patience.BACKGROUND.value
    if environment == "local":
        address = endpoint or running().endpoint
        return session().client(service, endpoint_url=address, config=config)
    try:
        return boto3.Session().client(service, endpoint_url=endpoint, config=config)
    except BotoCoreError as error:
        raise LocalError(f"AWS cannot be reached from here: {error}") from error
