"""The HTTP API in the process: WSGI requests as API Gateway events to functions, and back."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from infra.catalog import FUNCTIONS, UNROUTED
from infra.inprocess.account import Handler

type Environ = Mapping[str, Any]  # Any: PEP 3333's own
type StartResponse = Callable[[str, list[tuple[str, str]]], object]

CONTENT: Final = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
"""Headers that a WSGI server names in a way of their own."""

ROUTED: Final = tuple(function for function in FUNCTIONS if function.routes)
_PARAMETER: Final = re.compile(r"{(\w+)(\+?)}")
"""A part of the path or, with a plus, all that is left of it."""


class Gateway:
    """A WSGI application over the functions that have routes.

    Args:
        start: starts a function, given its folder.
    """

    def __init__(self, start: Callable[[str], Handler]) -> None:
        self._functions = {each.package: start(each.package) for each in ROUTED}
        self._routes = [
            (route, *_compiled(route), self._functions[each.package])
            for each in ROUTED
            for route in each.routes
            if route != UNROUTED
        ]
        (unrouted,) = (each.package for each in ROUTED if UNROUTED in each.routes)
        self._otherwise = self._functions[unrouted]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        route, path, function = self._found(environ)
        answer = function(_event(environ, route, path))
        status = HTTPStatus(answer["statusCode"])
        headers = [(name, str(value)) for name, value in answer.get("headers", {}).items()]
        start_response(f"{status.value} {status.phrase}", headers)
        return [_body(answer)]

    def _found(self, environ: Environ) -> tuple[str, dict[str, str], Handler]:
        path = _path(environ)
        for route, method, pattern, function in self._routes:
            found = pattern.fullmatch(path)
            if found is not None and method == environ["REQUEST_METHOD"]:
                parameters = {name: unquote(it) for name, it in found.groupdict().items()}
                return route, parameters, function
        return UNROUTED, {}, self._otherwise


def _compiled(route: str) -> tuple[str, re.Pattern[str]]:
    method, _, path = route.partition(" ")

    def parameter(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"

    return method, re.compile(_PARAMETER.sub(parameter, path))


def _path(environ: Environ) -> str:
    """The path as it was sent; a WSGI server decodes it."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if raw:
        return str(raw).partition("?")[0]
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode(errors="replace")


def _event(environ: Environ, route: str, path: Mapping[str, str]) -> dict[str, object]:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query = environ.get("QUERY_STRING", "")
    body, encoded = _sent(raw)
    asked = _path(environ)
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": asked,
        "rawQueryString": query,
        "headers": _headers(environ),
        "queryStringParameters": _joined(parse_qsl(query, keep_blank_values=True)),
        "pathParameters": dict(path),
        "requestContext": {
            "http": {"method": environ["REQUEST_METHOD"], "path": asked, "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": "request-1",
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def _sent(raw: bytes) -> tuple[str | None, bool]:
    """A body as API Gateway hands it on: text as it is, anything else in base 64."""
    if not raw:
        return None, False
    try:
        return raw.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), True


def _headers(environ: Environ) -> dict[str, str]:
    named = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return {**named, **{it: str(environ[name]) for name, it in CONTENT.items() if name in environ}}


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name; of one that comes several times the values, by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(answer: Mapping[str, Any]) -> bytes:  # Any: JSON
    body = answer.get("body") or ""
    return base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
