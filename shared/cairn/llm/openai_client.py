"""OpenAI-compatible endpoints by the `openai` SDK: the only file that imports it, when asked.

The SDK's own retries are off, and its timeouts are per read: a response that dribbles would
outlast any of them. So an attempt runs in a lane that is waited for until its time is over; then
its connections are closed, whatever they are doing.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cairn.llm.classify import TOO_LARGE, UNREADABLE, of_status, timed_out
from cairn.llm.client import Answered, AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.keys import FindKey
from cairn.llm.model import ChoiceAsk, ChoiceReply, ErrorClass, ToolAsk, ToolReply
from cairn.llm.wire import Body, choice_reply, choice_request, tool_reply, tool_request
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.lanes import Lanes

if TYPE_CHECKING:
    from openai import OpenAI

MAX_BODY: Final = 1_000_000
"""Largest response that is read, in bytes; no plan needs as much."""

KEYLESS: Final = "none"
"""Stands for the key of a server without keys, because the SDK wants one."""

CHATTY: Final = ("openai", "httpx2", "httpcore2")
"""Loggers that would write down requests where everything is logged."""

LANES: Final = 4

type ResourceOf = Callable[[OpenAI], Any]  # Any: a resource of the SDK, called with plain JSON


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A request, to whom it goes, and for whom."""

    workspace: str
    provider: Provider
    resource: ResourceOf
    request: Body


class OpenAIClient:
    """A `ModelClient` over HTTP; keeps connections by address and key."""

    def __init__(
        self,
        find_key: FindKey,
        *,
        lanes: Lanes | None = None,
        clock: Clock = system_clock,
        tick: Ticker = time.monotonic,
    ) -> None:
        self._find_key = find_key
        self._lanes = lanes or Lanes(LANES)
        self._clock = clock
        self._tick = tick
        self._lock = Lock()
        self._clients: dict[str, tuple[str, OpenAI]] = {}

    def tool(
        self, workspace: str, provider: Provider, ask: ToolAsk, within_ms: float
    ) -> Answered[ToolReply]:
        """See `ModelClient.tool`."""
        request = tool_request(provider, ask)
        wanted = _Wanted(workspace, provider, lambda client: client.chat.completions, request)
        return tool_reply(self._within(within_ms, wanted))

    def choice(
        self, workspace: str, provider: Provider, ask: ChoiceAsk, within_ms: float
    ) -> Answered[ChoiceReply]:
        """See `ModelClient.choice`."""
        request = choice_request(provider, ask)
        wanted = _Wanted(workspace, provider, lambda client: client.decisions, request)
        return choice_reply(self._within(within_ms, wanted), ask.options)

    def close(self) -> None:
        """Closes all connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for _, client in clients.values():
            client.close()

    def _within(self, within_ms: float, wanted: _Wanted) -> bytes:
        """The body of the response, read in a lane that is left when time is over."""
        until = self._tick() + within_ms / 1000
        pending = self._lanes.start(lambda: self._post(wanted, until))
        try:
            return pending.result(within_ms / 1000)
        except TimeoutError:
            pending.cancel()
            self._forget(wanted.provider)
            raise timed_out() from None

    def _post(self, wanted: _Wanted, until: float) -> bytes:
        """The body of the response; whatever the SDK stumbles over in it is unreadable."""
        try:
            return self._sent(wanted, until)
        except AttemptFailed:
            raise
        except Exception:  # noqa: BLE001  # said as an attempt that failed; a response may be anything
            raise AttemptFailed(ErrorClass.TRANSIENT, UNREADABLE) from None

    def _sent(self, wanted: _Wanted, until: float) -> bytes:
        sdk, http = _sdk()
        client = self._client(wanted.workspace, wanted.provider)
        left_s = max(0.001, until - self._tick())
        try:
            create = wanted.resource(client).with_streaming_response.create
            with create(**wanted.request, timeout=left_s) as response:
                return self._read(response.iter_bytes(), until)
        except (sdk.APITimeoutError, http.TimeoutException):
            raise timed_out() from None
        except sdk.APIStatusError as error:
            now = self._clock()
            raise of_status(error.status_code, error.response.headers, error.code, now) from None
        except (sdk.OpenAIError, http.HTTPError):
            raise AttemptFailed(ErrorClass.TRANSIENT, "no_connection") from None

    def _read(self, chunks: Iterator[bytes], until: float) -> bytes:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > MAX_BODY:
                raise AttemptFailed(ErrorClass.VALIDATION, TOO_LARGE)
            if self._tick() > until:
                raise timed_out()
        return bytes(body)

    def _client(self, workspace: str, provider: Provider) -> "OpenAI":
        key = self._find_key(workspace, provider) if provider.key else KEYLESS
        with self._lock:
            known = self._clients.get(provider.base_url)
            if known is None or known[0] != key:
                known = (key, _connected(provider.base_url, key))
                self._clients[provider.base_url] = known
            return known[1]

    def _forget(self, provider: Provider) -> None:
        """Closes the connections to an address: also what is read from them right now ends."""
        with self._lock:
            known = self._clients.pop(provider.base_url, None)
        if known is not None:
            known[1].close()


def _connected(base_url: str, key: str) -> "OpenAI":
    sdk, _ = _sdk()
    client: OpenAI = sdk.OpenAI(api_key=key, base_url=base_url, max_retries=0)
    return client


def _sdk() -> tuple[Any, Any]:  # Any: modules, whose types would have to be imported
    """The SDK, and the HTTP client whose errors it lets through while a body is read."""
    import httpx2  # noqa: PLC0415  # half a second: only where a model is really asked
    import openai  # noqa: PLC0415  # the same

    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    return openai, httpx2
