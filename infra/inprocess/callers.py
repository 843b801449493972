"""Who calls a function in the process: a Lambda context, HTTP events, API keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from cairn.access.keys import new_key
from cairn.access.model import KeyKind, Role
from cairn.access.store import KeyStore
from cairn.platform.dynamo import Dynamo
from infra.inprocess.cloud import Cloud

WORKSPACE = "demo"


@dataclass(frozen=True, slots=True)
class Context:
    """A Lambda context with time left."""

    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    function_name: str = "cairn-local-function"
    remaining_ms: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return self.remaining_ms


@dataclass(frozen=True, slots=True)
class Answered:
    """What an HTTP function answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:  # noqa: ANN401  # JSON of any shape, looked into by tests
        """The body as JSON."""
        return json.loads(self.body)


def answered(answer: Mapping[str, Any]) -> Answered:
    """A payload 2.0 answer, to look into."""
    return Answered(answer["statusCode"], answer["headers"], answer.get("body", ""))


def http_event(  # noqa: PLR0913  # the parts of a request
    route: str,
    body: object = None,
    *,
    key: str | None = None,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An API Gateway HTTP API event, payload format 2.0."""
    method, _, raw_path = route.partition(" ")
    for name, value in (path or {}).items():
        raw_path = raw_path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    sent = {"content-type": "application/json", **(headers or {})}
    if key:
        sent["x-api-key"] = key
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": sent,
        "queryStringParameters": dict(query or {}),
        "pathParameters": dict(path or {}),
        "requestContext": {
            "http": {"method": method, "path": raw_path, "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": "request-1",
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def api_key(
    cloud: Cloud,
    kind: KeyKind = "secret",
    *,
    workspace: str = WORKSPACE,
    role: Role = "service",
    name: str = "",
) -> str:
    """A fresh key, stored."""
    key, record = new_key(kind, workspace=workspace, environment="local", role=role, name=name)
    KeyStore(Dynamo(boto3.client("dynamodb")), cloud.table("keys")).put(record)
    return key
