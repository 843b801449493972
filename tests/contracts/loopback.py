"""A model server on loopback that misbehaves as it is told; nothing of it is faked."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

type Play = Callable[["Connection"], None]

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "propose_next_step", "arguments": '{"a": 1, "a": 2}'},
                    }
                ],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 120,
        "completion_tokens": 30,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 10},
    },
}


class Connection(BaseHTTPRequestHandler):
    """One connection; says what the server was told to say."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_POST(self) -> None:  # the base class's word
        """Plays."""
        length = int(self.headers["Content-Length"])
        body: dict[str, object] = json.loads(self.rfile.read(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.told.asked.append((self.path, headers, body))
        try:
            self.server.told.play(self)
        except OSError:
            self.server.told.left.set()
            self.close_connection = True

    def answer(
        self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole response."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def wait(self, seconds: float) -> None:
        """Lets time pass, unless the test is over."""
        self.server.told.over.wait(seconds)

    def reset(self) -> None:
        """Ends the connection without a word."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's word
        """Says nothing."""


@dataclass(slots=True)
class Told:
    """What the server does, and what was asked of it.

    Attributes:
        asked: path, headers (names in lower case) and body, by request.
        left: somebody went away in the middle of a response.
        over: the test is over.
    """

    url: str = ""
    play: Play = lambda connection: connection.answer(json.dumps(COMPLETION).encode())
    asked: list[tuple[str, dict[str, str], dict[str, object]]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, told: Told) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.told = told

    def handle_error(self, *_: object) -> None:
        """A connection that was reset is no error."""


@contextmanager
def loopback() -> Iterator[Told]:
    """A server that listens while the context is open."""
    told = Told()
    server = _Server(told)
    told.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield told
    finally:
        told.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int, headers: Mapping[str, str] | None = None, error: str | None = None) -> Play:
    """An error as OpenAI words it; its message holds what must never be seen."""
    body = json.dumps({"error": {"message": "sk-secret said: Ada", "code": error}}).encode()
    return lambda connection: connection.answer(body, code, headers)


def says(body: bytes) -> Play:
    """A response of 200 with any body."""
    return lambda connection: connection.answer(body)


def dribble(connection: Connection) -> None:
    """A good response, a byte at a time, each well within any timeout of a read."""
    body = json.dumps(COMPLETION).encode()
    connection.send_response(200)
    connection.send_header("Content-Length", str(len(body)))
    connection.end_headers()
    for each in body:
        connection.wfile.write(bytes([each]))
        connection.wait(0.05)


def dribbling_head(connection: Connection) -> None:
    """Response headers without end, a byte at a time."""
    connection.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not connection.server.told.over.is_set():
        connection.wfile.write(b"x")
        connection.wait(0.05)


def hang(connection: Connection) -> None:
    """Nothing, for long."""
    connection.wait(30)
    connection.reset()


def cut(connection: Connection) -> None:
    """A body that ends before it should."""
    connection.send_response(200)
    connection.send_header("Content-Length", "5000")
    connection.end_headers()
    connection.wfile.write(b'{"choices": [')
    connection.wfile.flush()
    connection.close_connection = True
    connection.connection.shutdown(socket.SHUT_RDWR)


def huge(connection: Connection) -> None:
    """More than anybody needs, without saying how much."""
    connection.send_response(200)
    connection.send_header("Transfer-Encoding", "chunked")
    connection.end_headers()
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    while not connection.server.told.over.is_set():
        connection.wfile.write(chunk)
