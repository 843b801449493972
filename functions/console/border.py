"""Between Lambda and the application: the invocation's line and its trace."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI

from cairn.platform.clock import Deadline
from cairn.platform.observability.invocation import Invocation

type Message = MutableMapping[str, Any]  # Any: ASGI's own definition
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


class Border:
    """An ASGI application around ours, made for one invocation."""

    def __init__(self, application: FastAPI, line: Invocation, deadline: Deadline) -> None:
        self._application = application
        self._line = line
        self._deadline = deadline

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Runs the application and notes how it went."""
        scope["state"] = {"line": self._line, "deadline": self._deadline}

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._line.note(status=message["status"])
                header = (b"traceparent", self._line.trace.traceparent.encode())
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._application(scope, receive, traced)
        except Exception as error:  # noqa: BLE001  # answered already (see problems.py); logged here
            self._line.fail(error)
