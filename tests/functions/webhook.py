"""A webhook's receiver: a real HTTP server on loopback."""

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """What arrived, and what is answered.

    Attributes:
        url: where to post to.
        answers: statuses of the next answers; 204 when they are used up.
        location: where a redirect leads.
    """

    url: str = ""
    answers: list[int] = field(default_factory=list)
    location: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def notices(self) -> list[dict[str, Any]]:  # Any: JSON, looked into by tests
        """The bodies as JSON."""
        return [json.loads(body) for body in self.bodies]

    def is_signed(self, position: int, secret: str) -> bool:
        """Whether a request carries the signature that Standard Webhooks ask for.

        Args:
            position: which request.
            secret: base64 after `whsec_`, as receivers are given it.
        """
        headers = self.headers[position]
        told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, told + self.bodies[position], sha256).digest()
        return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listens on a free port while the context is open."""
    received = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            received.bodies.append(self.rfile.read(length))
            received.headers.append({name.lower(): value for name, value in self.headers.items()})
            status = received.answers.pop(0) if received.answers else 204
            self.send_response(status)
            if received.location:
                self.send_header("location", received.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield received
        finally:
            server.shutdown()
            thread.join()
