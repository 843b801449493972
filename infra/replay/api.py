"""The running Cairn as a replay sees it, over HTTP alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx

from infra.proof import Unmeasurable
from infra.replay.story import Event
from infra.replay.truth import PAGE_VIEWS, PURCHASES, SESSIONS, Counts, purchases_by

CONNECTIONS = 4
"""Batches under way at once; the local stack shares the machine with the replay."""

TIMEOUT_S = 60.0
LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Answers that ask for patience."""

WINDOW = "7d"
"""What the metrics are asked for: whole hours that cover the replay's 24 hours and more."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one batch.

    Attributes:
        accepted: events that the queue took.
        again: events to send again.
        after_s: how long to wait before that; None where the answer does not say.
    """

    accepted: int
    again: Sequence[Event] = ()
    after_s: float | None = None


class Api:
    """Cairn's HTTP API under one URL, with one secret key."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"x-api-key": key},
            timeout=TIMEOUT_S,
            limits=httpx.Limits(
                max_connections=CONNECTIONS + 1, max_keepalive_connections=CONNECTIONS + 1
            ),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, events: Sequence[Event]) -> Posted:
        """Sends a batch of events once.

        Raises:
            Unmeasurable: an event was rejected, or the answer is none that can be retried.
        """
        try:
            answer = self._client.post(
                "/v1/events",
                content=json.dumps({"events": events}),
                headers={"content-type": "application/json"},
            )
        except httpx.TransportError:
            return Posted(0, events)
        if answer.status_code in LATER:
            return Posted(0, events, float(answer.headers.get("retry-after", 1)))
        return _posted(events, _json(answer, HTTPStatus.ACCEPTED))

    def backlog(self) -> int:
        """Parcels that wait for the fold or are being folded."""
        try:
            answer = self._client.get("/health")
        except httpx.TransportError as error:
            raise Unmeasurable(f"Nothing answers at {self._client.base_url}.") from error
        queue = _json(answer, HTTPStatus.OK)["dependencies"]["events_queue"]
        if queue["waiting"] is None:
            raise Unmeasurable("The events queue does not say how deep it is.")
        return int(queue["waiting"] + queue["in_flight"])

    def counts(self) -> Counts:
        """What the metrics say of everything that a replay counts."""
        answer = self._client.get(
            "/v1/metrics/dashboard",
            params={"window": WINDOW},
            headers={"cache-control": "no-cache"},
        )
        return counts_of(_json(answer, HTTPStatus.OK)["data"])


def counts_of(data: Mapping[str, Any]) -> Counts:  # Any: JSON of the read API
    """A dashboard's data under the names of `truth`."""
    totals = data["totals"]
    counts = {
        SESSIONS: int(totals["sessions"]),
        PAGE_VIEWS: int(totals["page_views"]),
        PURCHASES: int(totals["conversions"].get("purchase", 0)),
    }
    for dimension, values in data["dimensions"].items():
        for value, of_value in values.items():
            purchases = int(of_value["conversions"].get("purchase", 0))
            counts[purchases_by(dimension, value)] = purchases
    return counts


def _posted(events: Sequence[Event], answer: Mapping[str, Any]) -> Posted:
    if answer["rejected"]:
        raise Unmeasurable(f"An event was rejected: {answer['rejected'][0]}.")
    return Posted(int(answer["accepted"]), [events[index] for index in answer["retryable"]])


def _json(answer: httpx.Response, expected: HTTPStatus) -> dict[str, Any]:  # Any: JSON
    if answer.status_code != expected:
        path = answer.request.url.path
        raise Unmeasurable(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    return dict(answer.json())
