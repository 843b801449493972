"""The least that a function of ours could be: what every handler's start is compared with.

One pydantic model, a Powertools logger and metrics, a DynamoDB client, and a handler.
"""

import boto3
from aws_lambda_powertools import Logger, Metrics
from pydantic import BaseModel


class Ping(BaseModel):
    """What the handler takes."""

    name: str


LOGGER = Logger(service="floor")
METRICS = Metrics(namespace="Cairn", service="floor")
CLIENT = boto3.client("dynamodb")


def handler(event: dict[str, str], _context: object) -> str:
    """Answers with the name it was given."""
    return Ping.model_validate(event).name
