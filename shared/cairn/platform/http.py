"""The HTTP border: API Gateway HTTP API events (payload 2.0) in, answers out.

An endpoint takes a `Request` and gives a `Response`, or raises a `CairnError`, which becomes
`application/problem+json` (RFC 9457). Every answer carries `traceparent`, and none outlasts the
request's deadline.
"""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from cairn.platform.clock import Deadline
from cairn.platform.completion import Completed, tell
from cairn.platform.edge import deadline_of, in_time
from cairn.platform.errors import CairnError, InvalidRequest, NotFound, TooLarge, Violation
from cairn.platform.observability.correlation import Trace, trace_of
from cairn.platform.observability.invocation import Invocation, LambdaContext, Telemetry

type Event = Mapping[str, Any]  # Any: JSON from API Gateway, read only in this file
type Answer = dict[str, object]

PROBLEM_TYPES: Final = "https://cairn.dev/problems/"
JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"


class Request(NamedTuple):
    """One HTTP request.

    Attributes:
        path: path parameters by name.
        query: query parameters by name.
        headers: headers by lower-case name.
        body: the decoded body.
        source_ip: the caller's address.
        deadline: until when it must be answered; whatever waits takes what is left of it.
        trace: this hop of the caller's trace.
        line: the log line that the invocation will write.
    """

    route: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    source_ip: str
    deadline: Deadline
    trace: Trace
    line: Invocation

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def parsed[Model: BaseModel](self, model: type[Model], *, limit_bytes: int) -> Model:
        """The JSON body as `model`.

        Raises:
            TooLarge: the body has more than `limit_bytes`.
            InvalidRequest: it is not JSON, or not a `model`; says where.
        """
        return parsed(self.body, model, limit_bytes=limit_bytes)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer.

    Attributes:
        body: text, or bytes of a binary format.
    """

    status: HTTPStatus
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: BaseModel, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> "Response":
        """`model` as JSON; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, model.model_dump_json(), {"content-type": JSON, **named})


type Endpoint = Callable[[Request], Response]


def serve(  # noqa: PLR0913  # what differs between functions
    event: Event,
    context: LambdaContext,
    routes: Mapping[str, Endpoint],
    telemetry: Telemetry,
    *,
    punctual: Collection[str] = (),
    completed: Completed | None = None,
) -> Answer:
    """Answers one API Gateway event by the endpoint of its route.

    Args:
        event: the request.
        context: Lambda's.
        routes: endpoints by route.
        telemetry: where it is told.
        punctual: routes whose endpoints keep the deadline by themselves, and answer whatever hangs;
            all others are left behind when it is over, and answered for with a 503.
        completed: told of every answer to a known workspace that is not reported yet.
    """
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    trace = trace_of(headers.get("traceparent"))
    route = str(event["routeKey"])
    with telemetry.invocation(route, context, trace) as line:
        answer = _answered(event, context, routes, headers, line, punctual)
        if completed is not None:
            tell(completed, route, context, line, telemetry)
        return answer


def _answered(  # noqa: PLR0913, PLR0917  # what `serve` was given
    event: Event,
    context: LambdaContext,
    routes: Mapping[str, Endpoint],
    headers: Mapping[str, str],
    line: Invocation,
    punctual: Collection[str],
) -> Answer:
    route = str(event["routeKey"])
    try:
        endpoint = _endpoint(routes, route)
        request = _request(event, context, headers, line)
        response = (
            endpoint(request)
            if route in punctual
            else in_time(request.deadline, lambda: endpoint(request))
        )
    except CairnError as error:
        return refused(error, line)
    except Exception as error:  # noqa: BLE001  # the outermost border: answered, logged, counted
        line.fail(error)
        return refused(CairnError("An internal error occurred."), line)
    line.note(status=int(response.status))
    return _answer(response, line.trace)


def refused(error: CairnError, line: Invocation) -> Answer:
    """An error as the gateway's answer, noted on the invocation's line."""
    line.note(code=error.code, status=int(error.status))
    return _answer(problem(error, line.trace_id), line.trace)


def problem(error: CairnError, trace_id: str) -> Response:
    """An error as RFC 9457 problem details, with `code`, `trace_id` and JSON pointers."""
    document: dict[str, object] = {
        "type": PROBLEM_TYPES + error.code,
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "code": error.code,
        "trace_id": trace_id,
    }
    if error.violations:
        document["errors"] = [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail}
            for each in error.violations
        ]
    return Response(
        error.status, json.dumps(document), {"content-type": PROBLEM_JSON, **_advice(error)}
    )


def _advice(error: CairnError) -> dict[str, str]:
    """Headers that tell a client what to do: when to come back, how to sign in (RFC 9110)."""
    if error.status is HTTPStatus.UNAUTHORIZED:
        return {"www-authenticate": "Bearer"}
    return {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}


def parsed[Model: BaseModel](body: bytes, model: type[Model], *, limit_bytes: int) -> Model:
    """A JSON body as `model`.

    Raises:
        TooLarge: the body has more than `limit_bytes`.
        InvalidRequest: it is not JSON, or not a `model`; says where.
    """
    if len(body) > limit_bytes:
        raise TooLarge(f"The body may have at most {limit_bytes} bytes.", code="request.too_large")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError) -> InvalidRequest:
    """A failed validation as an `InvalidRequest` with a violation for each fault."""
    violations = [
        Violation(
            pointer=pointer(detail["loc"]), code=f"request.{detail['type']}", detail=detail["msg"]
        )
        for detail in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    malformed = any(each.code == "request.json_invalid" for each in violations)
    return InvalidRequest(
        "The body is not JSON." if malformed else "The body is invalid.",
        code="request.malformed_json" if malformed else "request.invalid",
        violations=violations,
    )


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901) from a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _endpoint(routes: Mapping[str, Endpoint], route: str) -> Endpoint:
    if route not in routes:
        raise NotFound("There is no such route.", code="route.not_found")
    return routes[route]


def _request(
    event: Event,
    context: LambdaContext,
    headers: Mapping[str, str],
    line: Invocation,
) -> Request:
    return Request(
        route=str(event["routeKey"]),
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=headers,
        body=_body(event),
        source_ip=str(event["requestContext"]["http"]["sourceIp"]),
        deadline=deadline_of(context),
        trace=line.trace,
        line=line,
    )


def _body(event: Event) -> bytes:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise InvalidRequest("The body is not base64.", code="request.malformed_body") from error


def _answer(response: Response, trace: Trace) -> Answer:
    body = response.body
    return {
        "statusCode": int(response.status),
        "headers": {**response.headers, "traceparent": trace.traceparent},
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }
