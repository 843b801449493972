"""Every route against the API's own description: schemathesis over the functions in the process."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from cairn.access.keys import new_key
from cairn.access.store import KeyStore
from cairn.platform.http import JSON
from functions.console.examples import DECISION
from infra.catalog import FUNCTIONS, UNROUTED
from infra.config import LOCAL
from infra.inprocess.account import MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.gateway import ROUTED, Gateway
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.stores import Table
from tests.functions.callers import WORKSPACE
from tests.functions.cloud import ACCOUNT_VARIABLES

type AnyCase = Case[Any]  # Any: the library's own
type AnyOperation = APIOperation[Any, Any, Any, Any]  # Any: the same

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
INDEXES: Final = {"listed": ("listed", "listed_at")}
SHARDS: Final = 4
ROUTES: Final = [
    route.replace("+}", "}") for each in FUNCTIONS for route in each.routes if route != UNROUTED
]
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""Valid requests may be refused for what no schema can say; but only as described."""

TAKE_NOTHING: Final = {
    "GET /health",
    "GET /openapi.json",
    "GET /api/features/{client_key}",  # any text may be a key
}
APART: Final = {
    "GET /v1/traces/{id}",  # no traces are recorded here
    "GET /experiments/{id}",  # the same page for all
}
OF_SOMETHING: Final = [route for route in ROUTES if "{" in route and route not in APART]
ID: Final = "{id}"
FLAG: Final = "welcome-headline"
EXPERIMENT: Final = "adaptive_form"
BOUNDED: Final = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def account() -> MemoryAccount:
    return MemoryAccount(MemoryTables(indexes=INDEXES), MemoryQueues(clock), MemoryBuckets(), clock)


@pytest.fixture(scope="module")
def key(account: MemoryAccount) -> str:
    return account.furnish()


@pytest.fixture(scope="module")
def api(account: MemoryAccount) -> Iterator[OpenApiSchema]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in ACCOUNT_VARIABLES.items():
            patched.setenv(name, value)
        with account.functions([each.package for each in ROUTED]):
            gateway = Gateway(lambda package: account.start(package, SHARDS))
            yield schemathesis.openapi.from_wsgi("/openapi.json", gateway)


@pytest.fixture(scope="module")
def publishable(account: MemoryAccount) -> str:
    """A key that opens features by its place in the address."""
    made, record = new_key("publishable", workspace=WORKSPACE, environment=LOCAL.name)
    KeyStore(account.dynamo, LOCAL.named(Table.KEYS)).put(record)
    return made


@pytest.fixture(scope="module")
def known(api: OpenApiSchema, key: str, publishable: str) -> dict[str, str]:
    """Something that exists, by the path that asks for it."""
    asking = api["/v1/decisions"]["POST"].Case(body=DECISION, media_type=JSON)
    made = asking.call(headers={"X-API-Key": key}).json()
    decision = f"/v1/decisions/{ID}"
    experiment = f"/v1/experiments/{ID}"
    flag = "/v1/flags/{key}"
    verbs = ("enable", "disable", "archive", "unarchive", "rollout", "history")
    return {
        **dict.fromkeys((flag, *(f"{flag}/{verb}" for verb in verbs)), FLAG),
        decision: made["id"],
        f"{decision}/replay": made["id"],
        f"{decision}/explanation": made["id"],
        f"/v1/sessions/{ID}": made["session_id"],
        **dict.fromkeys(
            (experiment, f"{experiment}/results", f"{experiment}/analysis"), EXPERIMENT
        ),
        "/ofrep/v1/evaluate/flags/{key}": FLAG,
        "/api/features/{client_key}": publishable,
    }


def check(key: str, cases: SearchStrategy[AnyCase]) -> None:
    @BOUNDED
    @given(case=cases)
    def conforms(case: AnyCase) -> None:
        case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)

    conforms()


@pytest.mark.parametrize("route", ROUTES)
def test_a_valid_request_is_answered_as_described(api: OpenApiSchema, key: str, route: str) -> None:
    check(key, operation(api, route).as_strategy())


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in TAKE_NOTHING])
def test_an_invalid_request_is_answered_as_described(
    api: OpenApiSchema, key: str, route: str
) -> None:
    check(key, operation(api, route).as_strategy(generation_mode=GenerationMode.NEGATIVE))


@pytest.mark.parametrize("route", OF_SOMETHING)
def test_what_exists_is_answered_as_described(
    api: OpenApiSchema, key: str, known: dict[str, str], route: str
) -> None:
    path = route.partition(" ")[2]
    name = path.partition("{")[2].partition("}")[0]
    check(key, operation(api, route).as_strategy(path_parameters={name: known[path]}))


def operation(api: OpenApiSchema, route: str) -> AnyOperation:
    method, _, path = route.partition(" ")
    return api[path][method]
