"""What the front repairs, against an upstream that behaves as the emulator does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from io import BytesIO

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from infra.local.cors import Cors
from infra.local.front import BODY_LIMIT_BYTES, application
from infra.local.front_settings import FrontSettings

type Handler = Callable[[web.Request], Awaitable[web.Response]]

SHOP = "https://shop.example"
CORS = Cors(
    origins=(SHOP,),
    methods=("GET", "POST"),
    headers=("x-api-key",),
    exposed=("retry-after",),
    max_age_s=600,
)


async def echo(request: web.Request) -> web.Response:
    """Says what arrived."""
    seen = {
        "method": request.method,
        "path": request.raw_path,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": (await request.read()).decode(),
    }
    return web.json_response(seen, headers={"access-control-allow-origin": "wrong"})


def answering(status: int, body: object) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return handle


def ask(  # noqa: PLR0913  # a request has that many parts
    method: str,
    path: str,
    *,
    upstream: Handler = echo,
    cors: Cors = CORS,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> tuple[ClientResponse, bytes]:
    """One request through a front to an upstream, both in this process."""

    async def run() -> tuple[ClientResponse, bytes]:
        app = web.Application(client_max_size=BODY_LIMIT_BYTES * 2)
        app.router.add_route("*", "/{path:.*}", upstream)
        async with TestServer(app) as server:
            base = str(server.make_url("/api/$default"))
            settings = FrontSettings(upstream=base, port=0, cors=cors)
            async with TestClient(TestServer(application(settings))) as client:
                sent = BytesIO(body) if body else None
                answer = await client.request(method, path, headers=headers, data=sent)
                return answer, await answer.read()

    return asyncio.run(run())


def test_a_request_arrives_with_its_method_path_query_and_body() -> None:
    _, content = ask("POST", "/v1/events?a=%20b&a=c", body=b"text")
    seen = json.loads(content)
    assert (seen["method"], seen["body"]) == ("POST", "text")
    assert seen["path"] == "/api/$default/v1/events?a=%20b&a=c"


def test_the_callers_address_is_appended_to_the_forwarded_ones() -> None:
    _, content = ask("GET", "/", headers={"x-forwarded-for": "192.0.2.7"})
    assert json.loads(content)["headers"]["x-forwarded-for"] == "192.0.2.7, 127.0.0.1"


def test_an_address_that_the_caller_makes_up_does_not_become_the_last_one() -> None:
    _, content = ask("GET", "/", headers={"x-forwarded-for": "127.0.0.1, 192.0.2.7"})
    assert json.loads(content)["headers"]["x-forwarded-for"].endswith(", 127.0.0.1")


def test_a_request_gets_no_headers_that_its_caller_did_not_send() -> None:
    _, content = ask("GET", "/", headers={"accept": "text/plain", "user-agent": "probe"})
    assert set(json.loads(content)["headers"]) - {"host", "accept-encoding"} == {
        "accept",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-proto",
    }


def test_cookies_pass_in_both_directions() -> None:
    async def bake(request: web.Request) -> web.Response:
        answer = web.json_response({"cookie": request.headers["cookie"]})
        answer.set_cookie("first", "1")
        answer.set_cookie("second", "2")
        return answer

    answer, content = ask("GET", "/", upstream=bake, headers={"cookie": "a=b; c=d"})
    assert json.loads(content) == {"cookie": "a=b; c=d"}
    assert [each.partition("=")[0] for each in answer.headers.getall("set-cookie")] == [
        "first",
        "second",
    ]


def test_a_preflight_is_answered_from_the_apis_rules_without_asking_anybody() -> None:
    answer, content = ask("OPTIONS", "/v1/decisions", headers={"origin": SHOP})
    assert (answer.status, content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert answer.headers["access-control-allow-headers"] == "x-api-key"
    assert answer.headers["access-control-max-age"] == "600"


def test_a_preflight_from_a_strange_origin_allows_nothing() -> None:
    answer, _ = ask("OPTIONS", "/v1/decisions", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_an_answer_carries_the_apis_cors_headers_and_not_the_functions() -> None:
    answer, _ = ask("GET", "/", headers={"origin": SHOP})
    assert answer.headers.getall("access-control-allow-origin") == [SHOP]
    assert answer.headers["access-control-expose-headers"] == "retry-after"


def test_an_answer_to_no_origin_carries_no_cors_headers() -> None:
    answer, _ = ask("GET", "/")
    assert "access-control-allow-origin" not in answer.headers


def test_without_cors_rules_options_is_an_ordinary_method() -> None:
    _, content = ask("OPTIONS", "/", cors=Cors())
    assert json.loads(content)["method"] == "OPTIONS"


def test_head_brings_headers_without_a_body() -> None:
    answer, content = ask("HEAD", "/")
    assert (answer.status, content) == (200, b"")


@pytest.mark.parametrize("size", [BODY_LIMIT_BYTES + 1, BODY_LIMIT_BYTES * 3])
def test_a_body_over_the_gateways_limit_is_refused(size: int) -> None:
    answer, content = ask("POST", "/", body=b"x" * size)
    assert answer.status == 413
    assert json.loads(content)["code"] == "request.too_large"


def test_a_body_at_the_gateways_limit_passes() -> None:
    answer, _ = ask("POST", "/", body=b"x" * (BODY_LIMIT_BYTES - 1))
    assert answer.status == 200


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        ({"errorMessage": "boom", "errorType": "Runtime.HandlerError"}, 500, "function_failed"),
        ({"errorMessage": "late", "errorType": "Sandbox.Timedout"}, 504, "timeout"),
    ],
)
def test_a_failed_function_is_a_problem_that_does_not_tell_its_inside(
    failure: dict[str, str], status: int, code: str
) -> None:
    answer, content = ask("GET", "/", upstream=answering(502, failure))
    problem = json.loads(content)
    assert answer.status == problem["status"] == status
    assert answer.content_type == "application/problem+json"
    assert problem["code"] == f"gateway.{code}"
    assert failure["errorMessage"] not in content.decode()


def test_an_error_that_the_function_answered_itself_passes_untouched() -> None:
    problem = {"code": "store_unavailable", "status": 503}
    answer, content = ask("GET", "/", upstream=answering(503, problem))
    assert (answer.status, json.loads(content)) == (503, problem)


def test_an_upstream_that_hangs_up_is_a_problem() -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.close()
        return web.Response()

    answer, content = ask("GET", "/", upstream=hang_up)
    assert (answer.status, json.loads(content)["code"]) == (502, "gateway.unreachable")


def test_redirects_are_the_clients_business() -> None:
    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"location": "/elsewhere"})

    async def run() -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", redirect)
        async with TestServer(app) as server:
            settings = FrontSettings(upstream=str(server.make_url("")), port=0, cors=CORS)
            async with TestClient(TestServer(application(settings))) as client:
                answer = await client.get("/", allow_redirects=False)
                return answer.status

    assert asyncio.run(run()) == 307


@pytest.mark.parametrize(
    ("rules", "origin", "allowed"),
    [
        (("*",), SHOP, "*"),
        (("https://*",), SHOP, SHOP),
        (("https://*",), "http://shop.example", None),
        ((SHOP,), SHOP, SHOP),
        ((SHOP,), SHOP + ".evil.example", None),
        (("*",), "", None),
    ],
)
def test_origins_match_as_api_gateway_matches_them(
    rules: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    assert Cors(origins=rules).answer(origin).get("access-control-allow-origin") == allowed
