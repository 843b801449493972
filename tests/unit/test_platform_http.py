"""The HTTP border: events in, answers out, every error as problem details."""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from threading import Event

import pytest
from pydantic import BaseModel, ConfigDict

from cairn.platform.edge import EDGE_RESERVE_MS
from cairn.platform.errors import (
    CairnError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    UnsupportedMediaType,
    Violation,
)
from cairn.platform.http import Endpoint, Request, Response, pointer, serve
from cairn.platform.observability.invocation import Telemetry
from tests.functions.callers import Answered, Context, answered, http_event

ROUTE = "POST /v1/things/{id}"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    counts: dict[str, int] = {}


@pytest.fixture(scope="module")
def telemetry() -> Telemetry:
    return Telemetry("http-border", "local", "INFO")


def ask(
    telemetry: Telemetry,
    endpoint: Endpoint,
    body: object = None,
    *,
    event: Mapping[str, object] | None = None,
    **headers: str,
) -> Answered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = http_event(ROUTE, body, path={"id": "7"}, query={"q": "x"}, headers=named)
    return answered(serve({**sent, **(event or {})}, Context(), {ROUTE: endpoint}, telemetry))


def parse(request: Request) -> Response:
    return Response.of(request.parsed(Item, limit_bytes=1_000), HTTPStatus.CREATED, x_made="yes")


def raising(error: Exception) -> Endpoint:
    def endpoint(_: Request) -> Response:
        raise error

    return endpoint


def test_an_endpoint_sees_the_whole_request(telemetry: Telemetry) -> None:
    seen: list[Request] = []

    def endpoint(request: Request) -> Response:
        seen.append(request)
        return Response(HTTPStatus.NO_CONTENT)

    answer = ask(telemetry, endpoint, {"a": 1}, X_Custom="Value", Content_Type="Text/Plain; x=1")
    (request,) = seen
    assert (answer.status, answer.body) == (204, "")
    assert (request.route, request.path, request.query) == (ROUTE, {"id": "7"}, {"q": "x"})
    assert (request.headers["x-custom"], request.media_type) == ("Value", "text/plain")
    assert (request.body, request.source_ip) == (b'{"a": 1}', "127.0.0.1")
    assert 0 < request.deadline.left_ms() <= 10_000 - EDGE_RESERVE_MS


def test_a_request_may_come_without_parameters_and_body(telemetry: Telemetry) -> None:
    def endpoint(request: Request) -> Response:
        assert (request.path, request.query, request.body) == ({}, {}, b"")
        return Response(HTTPStatus.OK)

    bare = {"pathParameters": None, "queryStringParameters": None, "body": None}
    assert ask(telemetry, endpoint, event=bare).status == 200


def test_a_body_may_be_base64(telemetry: Telemetry) -> None:
    body = base64.b64encode(json.dumps({"name": "ö"}).encode()).decode()
    answer = ask(telemetry, parse, body, event={"isBase64Encoded": True})
    assert (answer.status, answer.json()["name"]) == (201, "ö")


@pytest.mark.parametrize("body", ["not base64!", "äöü="])
def test_a_body_that_only_claims_to_be_base64_is_refused(telemetry: Telemetry, body: str) -> None:
    answer = ask(telemetry, parse, body, event={"isBase64Encoded": True})
    assert (answer.status, answer.json()["code"]) == (400, "request.malformed_body")


def test_an_answer_is_json_with_its_headers(telemetry: Telemetry) -> None:
    answer = ask(telemetry, parse, {"name": "a"})
    assert (answer.status, answer.json()) == (201, {"name": "a", "counts": {}})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-made"] == "yes"


def test_a_trace_goes_on(telemetry: Telemetry) -> None:
    answer = ask(telemetry, parse, {}, traceparent=TRACE)
    version, trace_id, span_id, flags = answer.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span_id != "b7ad6b7169203331"
    assert answer.json()["trace_id"] == trace_id


def test_without_a_trace_a_new_one_begins(telemetry: Telemetry) -> None:
    first, second = (ask(telemetry, parse, {}).headers["traceparent"] for _ in range(2))
    assert first.split("-")[1] != second.split("-")[1]


ERRORS: dict[CairnError, int] = {
    InvalidRequest("a", code="x.y"): 400,
    Unauthenticated("a", code="x.y"): 401,
    Forbidden("a", code="x.y"): 403,
    NotFound("a", code="x.y"): 404,
    Conflict("a", code="x.y"): 409,
    TooLarge("a", code="x.y"): 413,
    UnsupportedMediaType("a", code="x.y"): 415,
    Unprocessable("a", code="x.y"): 422,
}


@pytest.mark.parametrize(
    ("error", "status"), ERRORS.items(), ids=[type(each).__name__ for each in ERRORS]
)
def test_an_error_is_answered_as_problem_details(
    telemetry: Telemetry, error: CairnError, status: int
) -> None:
    answer = ask(telemetry, raising(error), traceparent=TRACE)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://cairn.dev/problems/x.y",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": "a",
        "code": "x.y",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }


def test_what_will_pass_says_when_to_come_back(telemetry: Telemetry) -> None:
    answer = ask(telemetry, raising(StoreUnavailable("The table refuses for now.")))
    assert (answer.status, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_who_has_no_key_is_told_how_to_show_one(telemetry: Telemetry) -> None:
    answer = ask(telemetry, raising(Unauthenticated("Send a key.", code="access.key_missing")))
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_mistake_of_ours_tells_nothing_of_itself(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(telemetry, raising(KeyError("a secret name")))
    assert (answer.status, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.body
    (record,) = caplog.records
    assert (record.levelname, vars(record)["error"]) == ("ERROR", "KeyError")
    assert record.exc_info is not None


def test_each_invocation_writes_one_line(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    ask(telemetry, parse, {"name": "a"}, traceparent=TRACE)
    ask(telemetry, raising(NotFound("a", code="x.y")))
    good, bad = (vars(record) for record in caplog.records)
    assert (good["message"], good["status"], good["levelname"]) == (ROUTE, 201, "INFO")
    assert good["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert (bad["status"], bad["code"], bad["levelname"]) == (404, "x.y", "INFO")


def test_an_endpoint_that_hangs_is_answered_for_when_the_deadline_is_over(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Event()

    def hanging(_: Request) -> Response:
        gate.wait()
        return Response(HTTPStatus.OK)

    context = Context(remaining_ms=EDGE_RESERVE_MS + 1)
    answer = answered(serve(http_event(ROUTE), context, {ROUTE: hanging}, telemetry))
    gate.set()
    assert (answer.status, answer.json()["code"]) == (503, "deadline_exceeded")
    assert answer.headers["retry-after"] == "1"
    (line,) = (vars(record) for record in caplog.records)
    assert (line["status"], line["code"]) == (503, "deadline_exceeded")


def test_a_punctual_endpoint_answers_however_little_time_is_left(telemetry: Telemetry) -> None:
    def punctual(request: Request) -> Response:
        assert request.deadline.left_ms() == 0
        return Response(HTTPStatus.OK)

    context, routes = Context(remaining_ms=EDGE_RESERVE_MS), {ROUTE: punctual}
    answer = serve(http_event(ROUTE), context, routes, telemetry, punctual=[ROUTE])
    assert answered(answer).status == 200


def test_a_route_that_is_not_there_is_not_found(telemetry: Telemetry) -> None:
    event = http_event("GET /v1/elsewhere")
    answer = answered(serve(event, Context(), {ROUTE: parse}, telemetry))
    assert (answer.status, answer.json()["code"]) == (404, "route.not_found")


def test_violations_point_into_the_body(telemetry: Telemetry) -> None:
    answer = ask(telemetry, parse, {"counts": {"a/b~c": "x"}, "colour": 1})
    assert (answer.status, answer.json()["code"]) == (400, "request.invalid")
    assert {each["pointer"]: each["code"] for each in answer.json()["errors"]} == {
        "/name": "request.missing",
        "/counts/a~1b~0c": "request.int_parsing",
        "/colour": "request.extra_forbidden",
    }
    assert all(each["detail"] for each in answer.json()["errors"])


@pytest.mark.parametrize("body", ["", "{", '{"name": "a"} x', "\udcff", "[" * 600])
def test_a_body_that_is_no_json_is_malformed(telemetry: Telemetry, body: str) -> None:
    answer = ask(telemetry, parse, body.encode(errors="replace").decode())
    assert (answer.status, answer.json()["code"]) == (400, "request.malformed_json")


def test_a_body_that_is_too_large_is_not_even_parsed(telemetry: Telemetry) -> None:
    fits = json.dumps({"name": "a" * 988})
    assert len(fits) == 1_000
    assert ask(telemetry, parse, fits).status == 201
    answer = ask(telemetry, parse, fits + "}")
    assert (answer.status, answer.json()["code"]) == (413, "request.too_large")


def test_a_message_of_an_error_keeps_its_violations() -> None:
    error = InvalidRequest("a", code="x", violations=[Violation("/b", "c", "d")])
    assert error.violations == (Violation("/b", "c", "d"),)


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    assert pointer(("a", 0, "b/c~d", "")) == "/a/0/b~1c~0d/"
    assert pointer(()) == ""
