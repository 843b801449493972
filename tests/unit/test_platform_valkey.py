"""Signing in to ElastiCache with IAM (the cache itself is held to its contract elsewhere)."""

from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from botocore.session import Session

from cairn.platform.valkey import TOKEN_S, IamCredentials, connect


def test_a_token_is_a_presigned_request_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    session.set_config_variable("region", "eu-central-1")
    monkeypatch.setattr("cairn.platform.valkey.SESSION", session)

    user, token = IamCredentials(user="cairn", cache="cairn-prod").get_credentials()

    parts = urlsplit(f"https://{token}")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (user, parts.netloc, parts.path) == ("cairn", "cairn-prod", "/")
    assert (
        query.items()
        >= {
            "Action": "connect",
            "User": "cairn",
            "ResourceType": "ServerlessCache",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Expires": str(TOKEN_S),
            "X-Amz-SignedHeaders": "host",
        }.items()
    )
    assert query["X-Amz-Credential"].endswith("/eu-central-1/elasticache/aws4_request")
    assert "secret" not in token


def test_a_plain_address_is_one_server_without_retries() -> None:
    client = connect("redis://127.0.0.1:6379")
    assert isinstance(client, redis.Redis)
    retry = client.get_retry()
    assert retry is None or retry.get_retries() == 0
