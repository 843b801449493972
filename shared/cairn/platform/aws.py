"""How clients of AWS services are made: once per process, with bounded patience.

Clients come from botocore, which makes boto3's clients too: importing boto3 itself would bring
its transfer manager, that no function needs, and a fifth of a cold start.
"""

from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config
from botocore.session import Session

from cairn.platform.plain_json import READS, plainly

if TYPE_CHECKING:
    from botocore.hooks import BaseEventHooks
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient


USER_AGENT: Final = "cairn"
"""What clients call themselves: botocore's own words would be put together anew for every call, a
tenth of its time."""


class Patience(Enum):
    """How long a client waits for a service before it gives up."""

    REQUEST = Config(
        connect_timeout=0.5,
        read_timeout=1.0,
        retries={"mode": "standard", "total_max_attempts": 2},
        parameter_validation=False,
        user_agent=USER_AGENT,
    )
    """A visitor is waiting; a request's own deadline is shorter still and is held by its caller."""

    BACKGROUND = Config(
        connect_timeout=2.0,
        read_timeout=10.0,
        retries={"mode": "standard", "total_max_attempts": 4},
        parameter_validation=False,
        user_agent=USER_AGENT,
    )
    """A queue or a schedule is waiting."""


SESSION: Final = Session()
"""One session for all clients of a process, so that credentials and loaders are shared."""

HOOKS: "Final[BaseEventHooks]" = SESSION.get_component("event_emitter")
"""Where one can listen to every call of every client."""


def dynamodb(patience: Patience) -> "DynamoDBClient":
    """A client for tables, whose reads give binary values in base64 (see `plainly`)."""
    client = SESSION.create_client("dynamodb", config=patience.value)
    for operation in READS:
        client.meta.events.register(f"before-parse.dynamodb.{operation}", plainly)
    return cast("DynamoDBClient", client)


def sqs(patience: Patience) -> "SQSClient":
    """A client for queues."""
    return cast("SQSClient", SESSION.create_client("sqs", config=patience.value))


def s3(patience: Patience) -> "S3Client":
    """A client for buckets."""
    return cast("S3Client", SESSION.create_client("s3", config=patience.value))


def events(patience: Patience) -> "EventBridgeClient":
    """A client for event buses."""
    return cast("EventBridgeClient", SESSION.create_client("events", config=patience.value))


def secretsmanager(patience: Patience) -> "SecretsManagerClient":
    """A client for secrets."""
    client = SESSION.create_client("secretsmanager", config=patience.value)
    return cast("SecretsManagerClient", client)
