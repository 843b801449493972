"""AWS in the process: moto with Cairn's tables, queues, bucket, bus and secrets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        GlobalSecondaryIndexTypeDef,
        KeySchemaElementTypeDef,
    )
    from types_boto3_sqs.literals import QueueAttributeNameType

ACCOUNT_VARIABLES: Final = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "POWERTOOLS_METRICS_NAMESPACE": "Cairn",
}
TABLES: Final = (
    "keys",
    "config",
    "sessions",
    "decisions",
    "metrics",
    "alerts",
    "traces",
    "experiments",
)
INDEXES: Final = {"traces": ("listed", "listed_at")}
"""Tables with a secondary index: its partition key, which is also its name, and its sort key."""

SHARDS: Final = 4
SHARED: Final = boto3.Session()
"""What `boto3.client` uses in every account, so that service models are read once."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """What was created: the environment variables that name it."""

    variables: dict[str, str]

    def table(self, thing: str) -> str:
        """The name of a table."""
        return self.variables[f"CAIRN_{thing.upper()}_TABLE"]

    def queue_url(self, thing: str) -> str:
        """The URL of a queue: events, events_dead or explanations."""
        return self.variables[f"CAIRN_{thing.upper()}_QUEUE_URL"]

    def received(self, thing: str) -> list[str]:
        """Takes every message that waits in a queue, and gives the bodies."""
        client = boto3.client("sqs")
        bodies: list[str] = []
        while True:
            answer = client.receive_message(
                QueueUrl=self.queue_url(thing), MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            messages = answer.get("Messages", [])
            if not messages:
                return bodies
            for message in messages:
                bodies.append(message["Body"])
                client.delete_message(
                    QueueUrl=self.queue_url(thing), ReceiptHandle=message["ReceiptHandle"]
                )


def _alone[**Arguments, Answer](call: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The call, one thread at a time: moto's tables are not made for several."""
    lock = RLock()

    def locked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with lock:
            return call(*args, **kwargs)

    return locked


@contextmanager
def cloud() -> Iterator[Cloud]:
    """A fresh AWS account in the process, with everything that functions expect."""
    with (
        mock_aws(),
        patch.object(boto3, "DEFAULT_SESSION", SHARED),
        patch.object(BotocoreStubber, "process_request", _alone(BotocoreStubber.process_request)),
    ):
        tables = boto3.client("dynamodb")
        variables = {
            "CAIRN_ENVIRONMENT": "local",
            "CAIRN_SHARDS": str(SHARDS),
            "CAIRN_CACHE_URL": "",
            "CAIRN_LOG_LEVEL": "INFO",
            "CAIRN_TRACE_DAYS": "3",
        }
        variables |= {f"CAIRN_{thing.upper()}_TABLE": _table(tables, thing) for thing in TABLES}
        variables |= _queues()
        boto3.client("s3").create_bucket(
            Bucket="cairn-local-archive",
            CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        )
        boto3.client("events").create_event_bus(Name="cairn-local")
        secret = boto3.client("secretsmanager").create_secret(
            Name="cairn-local-webhook-secret", SecretString="a webhook secret"
        )
        keys = boto3.client("secretsmanager").create_secret(
            Name="cairn-local-model-key", SecretString="{}"
        )
        yield Cloud(
            {
                **variables,
                "CAIRN_ARCHIVE_BUCKET": "cairn-local-archive",
                "CAIRN_EVENT_BUS": "cairn-local",
                "CAIRN_WEBHOOK_SECRET_ARN": secret["ARN"],
                "CAIRN_MODEL_KEY_ARN": keys["ARN"],
            }
        )


def _table(client: "DynamoDBClient", thing: str) -> str:
    name = f"cairn-local-{thing}"
    index = INDEXES.get(thing)
    named = ("pk", "sk", *(index or ()))
    client.create_table(
        TableName=name,
        KeySchema=_keys("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in named],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": [_index(*index)]} if index else {}),  # type: ignore[arg-type]  # optional
    )
    return name


def _index(partition: str, sort: str) -> "GlobalSecondaryIndexTypeDef":
    return {
        "IndexName": partition,
        "KeySchema": _keys(partition, sort),
        "Projection": {"ProjectionType": "ALL"},
    }


def _keys(partition: str, sort: str) -> "list[KeySchemaElementTypeDef]":
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _queues() -> dict[str, str]:
    client = boto3.client("sqs")
    fifo: dict[QueueAttributeNameType, str] = {"FifoQueue": "true"}
    return {
        "CAIRN_EVENTS_QUEUE_URL": client.create_queue(
            QueueName="cairn-local-events.fifo", Attributes=fifo
        )["QueueUrl"],
        "CAIRN_EVENTS_DEAD_QUEUE_URL": client.create_queue(
            QueueName="cairn-local-events-dead.fifo", Attributes=fifo
        )["QueueUrl"],
        "CAIRN_EXPLANATIONS_QUEUE_URL": client.create_queue(QueueName="cairn-local-explanations")[
            "QueueUrl"
        ],
    }
