"""The scripted model server as the real SDK meets it, over HTTP on loopback."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletion
from openai.types.decision import AnswerAnswerResourceChoice

from infra.model_server.background import Playing, playing
from infra.model_server.scenario import SCENARIOS

MESSAGES: Final[Any] = [  # Any: the SDK's own unions
    {"role": "system", "content": "Choose a step. " * 20},
    {"role": "user", "content": "{}"},
]
TOOLS: Final[Any] = [  # Any: the same
    {
        "type": "function",
        "function": {
            "name": "propose",
            "parameters": {
                "type": "object",
                "properties": {"step": {"enum": ["account", "tax"]}},
                "required": ["step"],
            },
        },
    }
]
QUESTIONS: Final[Any] = [  # Any: the same
    {
        "type": "choice",
        "name": "next",
        "instructions": "Which step?",
        "choices": [{"value": "account"}, {"value": "(none of these)"}],
    }
]


@pytest.fixture(scope="module")
def server() -> Iterator[Playing]:
    with playing() as running:
        yield running


@pytest.fixture(autouse=True)
def _from_the_first_act(server: Playing) -> None:
    server.theatre.calls.clear()


def client(server: Playing, scenario: str, timeout_s: float = 5) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=server.base_url(scenario), api_key="any", max_retries=0, timeout=timeout_s
    )


def asked(server: Playing, scenario: str, timeout_s: float = 5) -> ChatCompletion:
    with client(server, scenario, timeout_s) as each:
        return each.chat.completions.create(model="any", messages=MESSAGES, tools=TOOLS)


def posted(server: Playing, scenario: str, **more: object) -> httpx.Response:
    body = {"model": "any", "messages": MESSAGES, "tools": TOOLS, **more}
    return httpx.post(f"{server.base_url(scenario)}/chat/completions", json=body)


def test_the_sdk_reads_a_good_tool_call_and_its_usage(server: Playing) -> None:
    asked(server, "good")
    answer = asked(server, "good")
    (choice,) = answer.choices
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "propose",
        {"step": "account"},
    )
    assert answer.usage
    assert answer.usage.prompt_tokens_details
    assert answer.usage.prompt_tokens > (answer.usage.prompt_tokens_details.cached_tokens or 0) > 0
    assert server.theatre.calls["good"] == 2


def test_the_sdk_reads_the_same_call_as_a_stream(server: Playing) -> None:
    with client(server, "good") as each:
        chunks = [
            *each.chat.completions.create(
                model="any",
                messages=MESSAGES,
                tools=TOOLS,
                stream=True,
                stream_options={"include_usage": True},
            )
        ]
    calls = [
        call
        for chunk in chunks
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
    ]
    assert [call.function.arguments for call in calls if call.function] == ['{"step": "account"}']
    assert chunks[-1].usage


def test_the_sdk_reads_a_decision_with_its_probabilities(server: Playing) -> None:
    with client(server, "good") as each:
        decision = each.decisions.create(model="any", input="a visit", questions=QUESTIONS)
    (answer,) = decision.answers
    assert isinstance(answer, AnswerAnswerResourceChoice)
    assert (answer.choice, answer.confidence, answer.name) == ("account", 0.9, "next")
    assert sum(each.probability for each in answer.probabilities) == pytest.approx(1)
    assert decision.usage.output_tokens_details.reasoning_tokens


@pytest.mark.parametrize(
    ("scenario", "kind"), [("refusal", "refusal"), ("good", "choice"), ("unsure", "choice")]
)
def test_a_decision_is_an_answer_or_a_refusal(server: Playing, scenario: str, kind: str) -> None:
    with client(server, scenario) as each:
        decision = each.decisions.create(model="any", input="a visit", questions=QUESTIONS)
    assert [answer.type for answer in decision.answers] == [kind]


def test_predicates_and_scores_are_answered_too(server: Playing) -> None:
    levels: Any = [{"label": "low"}, {"label": "high"}]  # Any: the SDK's own unions
    with client(server, "good") as each:
        decision = each.decisions.create(
            model="any",
            input="a visit",
            questions=[
                {"type": "predicate", "instructions": "Is it?"},
                {"type": "score", "instructions": "How much?", "levels": levels},
            ],
        )
    assert [answer.type for answer in decision.answers] == ["predicate", "score"]


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("rate_limit", openai.RateLimitError),
        ("error_500", openai.InternalServerError),
        ("overloaded", openai.InternalServerError),
        ("auth", openai.AuthenticationError),
        ("model_missing", openai.NotFoundError),
        ("bad_request", openai.BadRequestError),
        ("reset", openai.APIConnectionError),
        ("cut", openai.APIConnectionError),
    ],
)
def test_a_fault_is_what_the_sdk_takes_it_for(
    server: Playing, scenario: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        asked(server, scenario)


@pytest.mark.parametrize("scenario", ["hang", "slow"])
def test_what_takes_too_long_runs_into_the_clients_own_timeout(
    server: Playing, scenario: str
) -> None:
    with pytest.raises(openai.APITimeoutError):
        asked(server, scenario, timeout_s=0.05)


def test_drops_keep_a_socket_timeout_waiting(server: Playing) -> None:
    started = time.monotonic()
    with (
        httpx.Client(timeout=0.2) as each,
        each.stream(
            "POST",
            f"{server.base_url('dribble')}/chat/completions",
            json={"model": "any", "messages": MESSAGES},
        ) as answer,
    ):
        for received, _ in enumerate(answer.iter_raw(), start=1):
            if received == 8:
                break
    assert time.monotonic() - started > 0.3


def test_a_rate_limit_says_how_long_it_lasts_only_where_the_script_does(server: Playing) -> None:
    assert "retry-after" not in posted(server, "rate_limit").headers
    assert posted(server, "retry_after").headers["retry-after"] == "1"
    assert posted(server, "retry_after").status_code == 200


def test_usage_can_be_missing(server: Playing) -> None:
    assert asked(server, "usage_missing").usage is None


def test_an_answer_can_have_no_choice_or_be_a_page(server: Playing) -> None:
    assert asked(server, "no_choices").choices == []
    assert posted(server, "html").headers["content-type"].startswith("text/html")


def test_what_is_no_request_is_refused_like_openai_refuses_it(server: Playing) -> None:
    answer = posted(server, "good", messages=[])
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_an_unknown_scenario_is_not_found(server: Playing) -> None:
    assert posted(server, "nonsense").status_code == 404


def test_it_says_how_often_it_was_called(server: Playing) -> None:
    posted(server, "empty")
    assert httpx.get(f"{server.address}/calls").json() == {"empty": 1}
    assert httpx.get(f"{server.address}/v1/models").json()["data"][0]["id"] == "scripted"


def test_every_call_takes_the_servers_latency() -> None:
    with playing("good", latency_ms=80) as slow:
        started = time.monotonic()
        asked(slow, "good")
    assert time.monotonic() - started > 0.08


def test_it_listens_on_loopback_only_and_is_gone_afterwards() -> None:
    with playing() as running:
        host, _, port = running.address.removeprefix("http://").partition(":")
    assert host == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


@pytest.mark.parametrize(
    "scenario", sorted(SCENARIOS.keys() - {"slow", "slow_then_fast", "hang", "dribble"})
)
def test_every_scenario_can_be_asked_over_both_apis(server: Playing, scenario: str) -> None:
    for path, body in (
        ("chat/completions", {"model": "any", "messages": MESSAGES, "tools": TOOLS}),
        ("decisions", {"model": "any", "input": "a visit", "questions": QUESTIONS}),
    ):
        try:
            answer = httpx.post(f"{server.base_url(scenario)}/{path}", json=body)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            assert scenario in ("reset", "reset_once", "cut")
        else:
            assert answer.status_code == SCENARIOS[scenario].acts[0].status or answer.is_success
