"""EventBridge: telling outsiders. Nothing inside depends on it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.errors import QueueUnavailable
from cairn.platform.observability.recording import span

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SOURCE: Final = "cairn"


class Bus:
    """One event bus, by its name."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, detail_type: str, detail: Mapping[str, object], *, at: datetime) -> None:
        """Puts one event, such as `alert.firing`, on the bus.

        Raises:
            QueueUnavailable: the bus did not take it.
        """
        entry = {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "Time": at,
        }
        with span("PutEvents", "producer") as telling:
            telling.set("messaging.system", "aws.eventbridge")
            telling.set("messaging.destination.name", self._name)
            try:
                answer = self._client.put_events(Entries=[entry])  # type: ignore[list-item]  # a plain entry
            except (ClientError, BotoCoreError) as error:
                raise QueueUnavailable("The event bus does not answer.") from error
            if answer["FailedEntryCount"]:
                raise QueueUnavailable("The event bus did not take the event.")
