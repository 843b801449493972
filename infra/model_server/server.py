"""The scripted model server: OpenAI's chat completions and decisions, on loopback.

    POST /v1/chat/completions             the scenario that the server was started with
    POST /v1/decisions
    POST /scenarios/{name}/v1/…           the same, in another scenario
    GET  /v1/models                       what there is
    GET  /calls                           how many calls each scenario took

Any key is taken, any model name is known.
"""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from infra.local.ports import LOOPBACK
from infra.model_server.asked import ChatAsked, DecisionAsked
from infra.model_server.message import message
from infra.model_server.play import Sheet, play
from infra.model_server.scenario import SCENARIOS, Act, Scenario
from infra.model_server.usage import Counter, Used
from infra.model_server.wire import PAGE, completion, decision, error, stream

LARGEST_REQUEST: Final = 10_000_000
ERROR: Final = 400

type Compose = Callable[[bytes, Act], Sheet]


@dataclass(frozen=True, slots=True)
class Theatre:
    """A server's state.

    Attributes:
        scenario: what is played under `/v1`.
        latency_ms: what every call takes at least.
        calls: how often each scenario was called.
        told: the tokens that each scenario's answers told of, once they were sent.
    """

    scenario: Scenario
    latency_ms: float = 0.0
    calls: Tally[str] = field(default_factory=Tally)
    told: Tally[str] = field(default_factory=Tally)
    counter: Counter = field(default_factory=Counter)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """`POST …/v1/chat/completions`."""
        return await self._play(request, self._chat)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """`POST …/v1/decisions`."""
        return await self._play(request, self._decision)

    async def models(self, _: web.Request) -> web.StreamResponse:
        """`GET /v1/models`."""
        entry = {"id": "scripted", "object": "model", "created": 0, "owned_by": "cairn"}
        return web.json_response({"object": "list", "data": [entry]})

    async def tally(self, _: web.Request) -> web.StreamResponse:
        """`GET /calls`."""
        return web.json_response(dict(self.calls))

    async def _play(self, request: web.Request, compose: Compose) -> web.StreamResponse:
        name = request.match_info.get("scenario", self.scenario.name)
        scenario = SCENARIOS.get(name)
        if scenario is None:
            raise web.HTTPNotFound(text=f"There is no scenario {name!r}.")
        act = scenario.act(self.calls[name])
        self.calls[name] += 1
        sheet = _sheet(await request.read(), act, compose)
        answer = await play(request, act, sheet, self.latency_ms)
        if act.delivery == "whole":
            self.told[name] += sheet.tokens
        return answer

    def _chat(self, body: bytes, act: Act) -> Sheet:
        asked = ChatAsked.model_validate_json(body)
        said = message(act.speech, asked.tools)
        used = self.counter.used(asked.prefix, asked.rest, said.text) if act.usage else None
        choices = act.speech != "no_choices"
        if asked.stream:
            written = stream(asked, said, used, choices=choices)
            return Sheet(written, content_type="text/event-stream", tokens=_total(used))
        return Sheet(completion(asked, said, used, choices=choices), tokens=_total(used))

    def _decision(self, body: bytes, act: Act) -> Sheet:
        asked = DecisionAsked.model_validate_json(body)
        questions = "".join(each.model_dump_json() for each in asked.questions)
        used = self.counter.used(questions, str(asked.input), "x" * len(asked.questions) * 4)
        told = used if act.usage else None
        whole = not act.speech.startswith("truncated")
        return Sheet(decision(asked, act, told), tokens=_total(told) if whole else 0)


def application(theatre: Theatre) -> web.Application:
    """The server's routes."""
    app = web.Application(client_max_size=LARGEST_REQUEST)
    for under in ("", "/scenarios/{scenario}"):
        app.router.add_post(f"{under}/v1/chat/completions", theatre.chat)
        app.router.add_post(f"{under}/v1/decisions", theatre.decide)
        app.router.add_get(f"{under}/v1/models", theatre.models)
    app.router.add_get("/calls", theatre.tally)
    return app


@asynccontextmanager
async def serving(theatre: Theatre, port: int) -> AsyncIterator[int]:
    """Serves on loopback until the context ends; gives the port (0 asks for any)."""
    runner = web.AppRunner(
        application(theatre), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _total(used: Used | None) -> int:
    return used.prompt + used.generated if used else 0


def _sheet(body: bytes, act: Act, compose: Compose) -> Sheet:
    if act.status >= ERROR:
        wait = act.retry_after_s
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Sheet(error(act), status=act.status, headers=headers)
    if act.speech == "html":
        return Sheet(PAGE, content_type="text/html")
    try:
        return compose(body, act)
    except ValidationError:
        refused = Act(status=ERROR, error="invalid_request")
        return Sheet(error(refused), status=ERROR)
