"""The stable address of the local stack: a reverse proxy before the emulator's HTTP API.

It repairs what the emulator gets wrong, so that a client sees what API Gateway would show: CORS,
the caller's address (in `X-Forwarded-For`, from which the worker fills the event), the limit on
bodies, and failures of a function, which the emulator describes in words of its own.
"""

import json
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from io import BytesIO

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from infra.local.front_settings import FrontSettings
from infra.local.ports import LOOPBACK

BODY_LIMIT_BYTES = 10 * 2**20
"""API Gateway's quota for a payload."""

DEADLINE_S = 30
"""API Gateway's longest integration timeout."""

CONNECTIONS = 128
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection (RFC 9110, section 7.6.1); lengths are set anew."""


class Front:
    """Answers every request by asking the emulator."""

    def __init__(self, settings: FrontSettings, client: ClientSession) -> None:
        self._upstream = settings.upstream
        self._cors = settings.cors
        self._client = client

    async def handle(self, request: web.Request) -> web.Response:
        """One request of any method and path."""
        origin = request.headers.get("origin", "")
        if request.method == "OPTIONS" and self._cors.origins:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=self._cors.preflight(origin))
        response = await self._answer(request)
        for name in [name for name in response.headers if _is_cors(name) and self._cors.origins]:
            del response.headers[name]
        response.headers.update(self._cors.answer(origin))
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            return await self._forward(request, await request.read())
        except web.HTTPRequestEntityTooLarge:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request.too_large")
        except TimeoutError:
            return _problem(HTTPStatus.GATEWAY_TIMEOUT, "gateway.timeout")
        except ClientError:
            return _problem(HTTPStatus.BAD_GATEWAY, "gateway.unreachable")

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        url = URL(self._upstream + request.raw_path, encoded=True)
        headers = _onward(request.headers, request.remote or LOOPBACK)
        async with self._client.request(
            request.method,
            url,
            headers=headers,
            data=BytesIO(body) if body else None,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            if _is_failure(answer.status, content):
                return _failure(content)
            return web.Response(
                status=answer.status, headers=_back(answer.headers), body=content or None
            )


ADDED = ("accept", "accept-encoding", "content-type", "user-agent")
"""Headers that the client library would add where the caller sent none."""

FRONT = web.AppKey("front", Front)


def application(settings: FrontSettings) -> web.Application:
    """The front as an aiohttp application."""

    async def connect(app: web.Application) -> AsyncIterator[None]:
        async with ClientSession(
            connector=TCPConnector(limit=CONNECTIONS),
            timeout=ClientTimeout(total=DEADLINE_S),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=ADDED,
        ) as client:
            app[FRONT] = Front(settings, client)
            yield

    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    app.cleanup_ctx.append(connect)
    app.router.add_route("*", r"/{path:[\s\S]*}", _handle)
    return app


async def _handle(request: web.Request) -> web.Response:
    return await request.app[FRONT].handle(request)


def _onward(headers: Mapping[str, str], address: str) -> CIMultiDict[str]:
    kept = CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP
    )
    earlier = kept.get("x-forwarded-for")
    kept["x-forwarded-for"] = f"{earlier}, {address}" if earlier else address
    kept["x-forwarded-proto"] = "http"
    return kept


def _back(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP
    )


def _is_cors(name: str) -> bool:
    return name.lower().startswith("access-control-")


def _is_failure(status: int, content: bytes) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and b'"errorMessage"' in content


def _failure(content: bytes) -> web.Response:
    """What became of a function that raised, died or took too long."""
    if b"Sandbox.Timedout" in content:
        return _problem(HTTPStatus.GATEWAY_TIMEOUT, "gateway.timeout")
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "gateway.function_failed")


def _problem(status: HTTPStatus, code: str) -> web.Response:
    document = {
        "type": f"https://cairn.dev/problems/{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": status.description or status.phrase,
        "code": code,
        "trace_id": secrets.token_hex(16),
    }
    return web.Response(
        status=status, body=json.dumps(document), content_type="application/problem+json"
    )


def main() -> None:
    """Serves until it is told to end; the settings come as one JSON argument."""
    settings = FrontSettings.model_validate_json(sys.argv[1])
    web.run_app(
        application(settings),
        host=LOOPBACK,
        port=settings.port,
        access_log=None,
        print=None,
        reuse_address=True,
        auto_decompress=False,
    )


if __name__ == "__main__":
    main()
