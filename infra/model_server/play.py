"""How an act travels to the client: whole, in drops, in half, not at all, or as a reset."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from infra.model_server.scenario import FOREVER_MS, Act, Delivery

DROP_BYTES: Final = 4
DROP_S: Final = 0.05
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER without lingering: closing sends a reset (tcp(7))."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer before it is sent.

    Attributes:
        tokens: what the answer says was used, input and output.
    """

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    tokens: int = 0


async def play(
    request: web.Request, act: Act, sheet: Sheet, latency_ms: float
) -> web.StreamResponse:
    """Sends an answer in the way of an act."""
    await asyncio.sleep((latency_ms + act.latency_ms) / 1000)
    match act.delivery:
        case "hang":
            await asyncio.sleep(FOREVER_MS / 1000)
            return web.Response(status=504)
        case "reset":
            _reset(request)
            return web.Response()
        case "whole":
            return web.Response(
                body=sheet.body,
                status=sheet.status,
                headers=sheet.headers,
                content_type=sheet.content_type,
            )
        case delivery:
            return await _piecewise(request, sheet, delivery)


async def _piecewise(request: web.Request, sheet: Sheet, delivery: Delivery) -> web.StreamResponse:
    """Promises the whole body and sends drops of it, or half of it."""
    response = web.StreamResponse(status=sheet.status, headers=sheet.headers)
    response.content_type = sheet.content_type
    response.content_length = len(sheet.body)
    await response.prepare(request)
    if delivery == "cut":
        await response.write(sheet.body[: len(sheet.body) // 2])
        if request.transport:
            request.transport.close()
        return response
    for start in range(0, len(sheet.body), DROP_BYTES):
        await response.write(sheet.body[start : start + DROP_BYTES])
        await asyncio.sleep(DROP_S)
    return response


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
