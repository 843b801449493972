"""Every HTTP function on moto, whose tables and queues hang: no answer outlasts the deadline."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from threading import Event

import pytest

from cairn.platform.aws import HOOKS
from cairn.platform.edge import EDGE_RESERVE_MS
from cairn.platform.ids import sortable_id
from functions.console.handler import process_application
from infra.catalog import FUNCTIONS
from infra.inprocess.wire import refusal
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud

ID = sortable_id("dec", datetime(2026, 11, 20, tzinfo=UTC))
HOOKED = ("before-call.dynamodb", "before-call.sqs")

REQUESTS: dict[str, tuple[str, object, Mapping[str, str]]] = {
    "analyze": ("POST /v1/experiments/{id}/analysis", None, {"id": "none"}),
    "collect-traces": ("POST /v1/traces", {"resourceSpans": []}, {}),
    "console": ("GET /v1/metrics/dashboard", None, {}),
    "decide-next-step": ("GET /v1/decisions/{id}", None, {"id": ID}),
    "explain": ("GET /v1/decisions/{id}/explanation", None, {"id": ID}),
    "flag-eval": ("POST /ofrep/v1/evaluate/flags", {"context": {}}, {}),
    "track-event": ("POST /v1/events", {"events": [{"id": "e", "type": "page.viewed"}]}, {}),
}
"""Per HTTP function, a request that shows a key."""

READERS = ("console", "decide-next-step", "explain")
"""Functions that read a table for every such request, beside the key."""

type Ask = Callable[[str, int], Answered]


class Stores:
    """What all calls to tables and queues go through; once they hang, none is ever answered."""

    def __init__(self) -> None:
        self.hanging = False
        self.gate = Event()

    def __call__(self, **_: object) -> None:
        """A call is on its way."""
        if self.hanging:
            self.gate.wait()
            raise refusal("Any", "AccessDeniedException")


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Under every client that is made in the test."""
    stores = Stores()
    for hook in HOOKED:
        HOOKS.register(hook, stores)
    yield stores
    stores.gate.set()
    for hook in HOOKED:
        HOOKS.unregister(hook, stores)


def forget() -> None:
    """Makes every function build its wiring anew."""
    for function in REQUESTS:
        package = f"functions.{function.replace('-', '_')}"
        import_module(f"{package}.wiring").wiring.cache_clear()
    process_application.cache_clear()


@pytest.fixture
def ask(aws: Cloud, stores: Stores) -> Iterator[Ask]:  # noqa: ARG001  # clients are made through them
    """Hands a function its request, with so many milliseconds for it."""
    key = api_key(aws, role="admin")
    forget()

    def asked(function: str, left_ms: int) -> Answered:
        route, body, path = REQUESTS[function]
        entry = import_module(f"functions.{function.replace('-', '_')}.handler")
        context = Context(remaining_ms=EDGE_RESERVE_MS + left_ms)
        event = http_event(route, body, key=key, path=path)
        return answered(entry.handler(event, context))

    yield asked
    forget()


def test_every_function_with_a_route_is_tried() -> None:
    assert set(REQUESTS) == {each.name for each in FUNCTIONS if each.routes}


@pytest.mark.parametrize("function", REQUESTS)
def test_a_key_is_not_waited_for_beyond_the_deadline(
    ask: Ask, stores: Stores, function: str
) -> None:
    stores.hanging = True
    answer = ask(function, 40)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("function", READERS)
def test_what_comes_after_it_is_not_either(ask: Ask, stores: Stores, function: str) -> None:
    assert ask(function, 10_000).status not in {401, 403, 503}
    stores.hanging = True
    answer = ask(function, 1)
    assert (answer.status, answer.json()["code"]) == (503, "deadline_exceeded")
    assert answer.headers["retry-after"] == "1"
