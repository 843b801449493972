"""Secrets Manager, read once per process and kept for a while."""

import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.clock import Ticker
from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.recording import span

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT_S: Final = 300.0
"""Seconds until a rotated secret is seen."""


class Secrets:
    """Secret strings, by ARN or name."""

    def __init__(self, client: "SecretsManagerClient", tick: Ticker = time.monotonic) -> None:
        self._client = client
        self._tick = tick
        self._kept: dict[str, tuple[float, str]] = {}

    def read(self, arn: str) -> str:
        """The secret's current value, at most `KEPT_S` old.

        Raises:
            StoreUnavailable: Secrets Manager does not give it.
        """
        kept = self._kept.get(arn)
        if kept is not None and self._tick() < kept[0]:
            return kept[1]
        with span("GetSecretValue", "client"):
            try:
                value = self._client.get_secret_value(SecretId=arn)["SecretString"]
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailable("The secret cannot be read.") from error
        self._kept[arn] = (self._tick() + KEPT_S, value)
        return value
