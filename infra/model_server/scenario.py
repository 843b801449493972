"""What a scripted model server can play: good answers, and every fault that a provider can throw.

A scenario is a few acts; each call plays the next one, and the last is played forever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

type Delivery = Literal["whole", "dribble", "hang", "reset", "cut"]
"""How bytes travel: at once; a few at a time; never; a reset instead; half of them."""

type Speech = Literal[
    "good",
    "unsure",
    "truncated",
    "truncated_unsaid",
    "not_json",
    "wrong_tool",
    "foreign_ids",
    "refusal",
    "filtered",
    "empty",
    "no_choices",
    "duplicate_keys",
    "huge",
    "multi_call",
    "extra_text",
    "extra_keys",
    "html",
]
"""What the model says, where the server lets it speak."""

FOREVER_MS: Final = 30_000.0
"""Longer than any deadline."""


@dataclass(frozen=True, slots=True)
class Act:
    """How one call goes.

    Attributes:
        speech: what the model says.
        delivery: how it travels.
        latency_ms: what passes before the first byte, beside the server's own latency.
        status: of HTTP; from 400 on there is an error instead of speech.
        error: the provider's code of that error.
        retry_after_s: the header `Retry-After`, where there is one.
        usage: whether the answer says what was used.
    """

    speech: Speech = "good"
    delivery: Delivery = "whole"
    latency_ms: float = 0.0
    status: int = 200
    error: str | None = None
    retry_after_s: int | None = None
    usage: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script.

    Attributes:
        name: by which it is asked for.
        about: what it shows, in words.
        acts: one per call; the last is repeated.
    """

    name: str
    about: str
    acts: tuple[Act, ...] = (Act(),)

    def act(self, call: int) -> Act:
        """The act of the `call`-th call, counted from 0."""
        return self.acts[min(call, len(self.acts) - 1)]


def _says(name: str, about: str, speech: Speech) -> Scenario:
    return Scenario(name, about, (Act(speech),))


def _fails(name: str, about: str, status: int, error: str) -> Scenario:
    return Scenario(name, about, (Act(status=status, error=error),))


_LIMITED: Final = Act(status=429, error="rate_limit_exceeded")
_WAIT: Final = Act(status=429, error="rate_limit_exceeded", retry_after_s=1)
_WAIT_LONG: Final = Act(status=429, error="rate_limit_exceeded", retry_after_s=30)

_ALL: Final = (
    Scenario("good", "answers well, at once"),
    _says("unsure", "answers well, and is hardly sure of it", "unsure"),
    Scenario("slow", "answers well after 3 s", (Act(latency_ms=3_000),)),
    Scenario("slow_then_fast", "is slow once, then fast", (Act(latency_ms=3_000), Act())),
    Scenario("dribble", "sends a few bytes at a time", (Act(delivery="dribble"),)),
    Scenario("hang", "takes the call and never answers", (Act(delivery="hang"),)),
    Scenario("rate_limit", "429, and does not say for how long", (_LIMITED,)),
    Scenario("retry_after", "429 with Retry-After: 1, then well", (_WAIT, Act())),
    Scenario("retry_after_long", "429 with Retry-After: 30", (_WAIT_LONG,)),
    _fails("error_500", "500 each time", 500, "server_error"),
    Scenario("error_500_once", "500, then well", (Act(status=500, error="server_error"), Act())),
    _fails("overloaded", "503 each time", 503, "overloaded"),
    _fails("auth", "401: the key is wrong", 401, "invalid_api_key"),
    _fails("model_missing", "404: there is no such model", 404, "model_not_found"),
    _fails("bad_request", "400: the tool's schema is refused", 400, "invalid_function_parameters"),
    Scenario("reset", "resets the connection", (Act(delivery="reset"),)),
    Scenario("reset_once", "resets once, then well", (Act(delivery="reset"), Act())),
    Scenario("cut", "ends in the middle of its answer", (Act(delivery="cut"),)),
    _says("truncated", "stops in the middle of its JSON and says so", "truncated"),
    _says("truncated_unsaid", "stops in the middle of its JSON", "truncated_unsaid"),
    _says("not_json", "writes prose where JSON is due", "not_json"),
    _says("html", "a proxy answers 200 with a page", "html"),
    _says("wrong_tool", "calls a tool that nobody offered", "wrong_tool"),
    _says("foreign_ids", "names what is not on offer", "foreign_ids"),
    _says("refusal", "refuses", "refusal"),
    _says("filtered", "is stopped by a content filter", "filtered"),
    _says("empty", "says nothing", "empty"),
    _says("no_choices", "answers without any choice", "no_choices"),
    _says("duplicate_keys", "writes a key twice", "duplicate_keys"),
    _says("huge", "reasons for two megabytes", "huge"),
    _says("multi_call", "calls the tool twice", "multi_call"),
    _says("extra_text", "chats beside its call", "extra_text"),
    _says("extra_keys", "adds a key that the schema forbids", "extra_keys"),
    Scenario("usage_missing", "does not say what was used", (Act(usage=False),)),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {each.name: each for each in _ALL}
"""Every scenario by name."""
