"""The channels that notices take: log, webhook, event bus."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import urllib3

from cairn.alerts.model import BusChannel, Channel, LogChannel, WebhookChannel
from cairn.alerts.signature import signed_headers, workspace_key
from cairn.alerts.state import Notice
from cairn.platform.bus import Bus
from cairn.platform.clock import Clock
from cairn.platform.errors import Unavailable
from cairn.platform.observability.invocation import Field

TIMEOUT_S: Final = 3.0
"""Longest wait for a webhook to connect and to begin its answer."""

type WriteLine = Callable[[str, Mapping[str, Field]], None]
"""Writes one log line: what happened, and its fields."""


class ChannelUnavailable(Unavailable):
    """A channel did not take a notice; the next check tries again."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="channel_unavailable")


class LogSender:
    """Writes one line for each notice."""

    def __init__(self, write: WriteLine) -> None:
        self._write = write

    def send(self, notice: Notice) -> None:
        """Writes it."""
        fields: dict[str, Field] = {
            "workspace": notice.workspace,
            "notice": notice.id,
            "alert": notice.alert,
            "severity": notice.severity,
            "reason": notice.reason,
            "metric": notice.metric,
            "value": notice.value,
            "threshold": notice.threshold,
        }
        self._write(f"alert.{notice.transition}", fields)


class BusSender:
    """Puts `alert.firing` and `alert.resolved` on the event bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def send(self, notice: Notice) -> None:
        """Puts it there.

        Raises:
            QueueUnavailable: the bus did not take it.
        """
        detail = notice.model_dump(mode="json")
        self._bus.publish(f"alert.{notice.transition}", detail, at=notice.at)


class WebhookSender:
    """POSTs notices as JSON, signed with a key that follows from the root and the workspace.

    Follows no redirects and reads no answer beyond its status.
    """

    def __init__(
        self, root: Callable[[], str], clock: Clock, *, allow_loopback: bool = False
    ) -> None:
        self._root = root
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=TIMEOUT_S), retries=False)

    def send(self, channel: WebhookChannel, notice: Notice) -> None:
        """Posts it.

        Raises:
            ChannelUnavailable: nobody took it.
            StoreUnavailable: the secret cannot be read.
        """
        if urlsplit(channel.url).scheme != "https" and not self._allow_loopback:
            raise ChannelUnavailable("Plain http is only allowed on a developer's machine.")
        body = notice.model_dump_json().encode()
        key = workspace_key(self._root(), notice.workspace)
        signed = signed_headers(notice.id, self._clock(), body, key)
        status = self._post(channel.url, body, {"content-type": "application/json", **signed})
        if not HTTPStatus(status).is_success:
            raise ChannelUnavailable(f"The webhook answered {status}.")

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            answer = self._pool.request(
                "POST", url, body=body, headers=headers, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            name = type(error).__name__
            raise ChannelUnavailable(f"The webhook does not answer ({name}).") from error
        answer.close()
        return answer.status


class Channels:
    """Finds the sender of each channel."""

    def __init__(self, *, log: LogSender, webhook: WebhookSender, bus: BusSender) -> None:
        self._log = log
        self._webhook = webhook
        self._bus = bus

    def send(self, channel: Channel, notice: Notice) -> None:
        """Tells a notice over a channel.

        Raises:
            Unavailable: the channel did not take it.
        """
        match channel:
            case LogChannel():
                self._log.send(notice)
            case WebhookChannel():
                self._webhook.send(channel, notice)
            case BusChannel():
                self._bus.send(notice)
