"""Valkey, plain on a laptop and by TLS with IAM tokens on ElastiCache Serverless.

URLs: `redis://127.0.0.1:6379`, or `rediss://HOST:6379?iam=USER&cache=NAME`, which speaks to a
cluster and signs in with tokens of 15 minutes.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import redis
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from cairn.platform.aws import HOOKS, SESSION
from cairn.platform.clock import Ticker
from cairn.platform.errors import CacheUnavailable
from cairn.platform.observability.recording import span

TIMEOUT_S: Final = 0.05
"""Longest wait for the cache to connect or to answer: it must be faster than what it spares."""

COOLDOWN_S: Final = 2.0
"""After a failure the cache is left alone this long, so that a dead one costs nothing."""

TOKEN_S: Final = 900
"""How long an ElastiCache IAM token opens a connection."""

type Client = redis.Redis | redis.RedisCluster


class ValkeyCache:
    """A `Cache` over one Valkey server or cluster."""

    def __init__(self, url: str, tick: Ticker = time.monotonic) -> None:
        self._url = url
        self._tick = tick
        self._client: Client | None = None
        self._silent_until = 0.0

    def exchange(
        self, *, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        """See `Cache.exchange`."""
        if self._tick() < self._silent_until:
            raise CacheUnavailable("The cache is not asked for a while after a failure.")
        try:
            return self._exchange(put, get, ttl_s)
        except (redis.RedisError, OSError) as error:
            self._silent_until = self._tick() + COOLDOWN_S
            raise CacheUnavailable("The cache does not answer.") from error

    def _exchange(
        self, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        if self._client is None:
            self._client = connect(self._url)
        pipeline = self._client.pipeline(transaction=False)
        for key, value in put.items():
            pipeline.set(key, value, ex=ttl_s)
        for key in get:
            pipeline.get(key)
        with span("PIPELINE", "client") as asking:
            asking.set("db.system.name", "valkey")
            asking.set("db.operation.batch.size", len(put) + len(get))
            answers = pipeline.execute()
        return list(answers[len(put) :])


def connect(url: str) -> Client:
    """A client for `url`; a cluster client with IAM where the URL asks for it."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if "iam" not in query:
        return redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=None
        )
    return redis.RedisCluster(
        host=parts.hostname or "",
        port=parts.port or 6379,
        ssl=True,
        socket_timeout=TIMEOUT_S * 4,
        socket_connect_timeout=TIMEOUT_S * 10,
        credential_provider=IamCredentials(user=query["iam"], cache=query["cache"]),
    )


class IamCredentials(redis.CredentialProvider):
    """Signs in to ElastiCache with a presigned `connect` request instead of a password.

    Source: ElastiCache user guide, "Authenticating with IAM"; tokens live 15 minutes.
    """

    def __init__(self, *, user: str, cache: str) -> None:
        self._user = user
        self._cache = cache

    def get_credentials(self) -> tuple[str, str]:
        """User name and a fresh token."""
        region = SESSION.get_config_variable("region") or ""
        signer = RequestSigner(
            ServiceId("elasticache"),
            region,
            "elasticache",
            "v4",
            SESSION.get_credentials(),  # type: ignore[arg-type]  # None fails as it should
            HOOKS,
        )
        query = urlencode(
            {"Action": "connect", "User": self._user, "ResourceType": "ServerlessCache"}
        )
        url = signer.generate_presigned_url(
            {
                "method": "GET",
                "url": f"https://{self._cache}/?{query}",
                "body": {},
                "headers": {},
                "context": {},
            },
            operation_name="connect",
            expires_in=TOKEN_S,
            region_name=region,
        )
        return self._user, url.removeprefix("https://")
