"""The adapter of the `openai` SDK against a real server that misbehaves."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

import pytest

from cairn.llm.client import AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.keys import FindKey, ModelKeys
from cairn.llm.model import ChoiceAsk, ErrorClass, ToolAsk, ToolReply, ToolSchema, Usage
from cairn.llm.openai_client import OpenAIClient
from infra.local import ports
from tests.contracts import loopback
from tests.contracts.loopback import COMPLETION, Play, Told

ASK = ToolAsk("system text", "user text", ToolSchema("propose_next_step", "d", {}), 200)
CHOICE = ChoiceAsk("context", "Which?", ("company", "none of these"))
PATIENT_MS = 20_000.0
SHORT_MS = 300.0


@pytest.fixture
def told() -> Iterator[Told]:
    with loopback.loopback() as told:
        yield told


@pytest.fixture
def client() -> Iterator[OpenAIClient]:
    client = OpenAIClient(keys({"main": "sk-secret"}))
    yield client
    client.close()


def test_the_sdk_is_not_imported_before_a_call_is_made() -> None:
    look = (
        "import sys; from cairn.llm.calling import Models; "
        "from cairn.llm.openai_client import OpenAIClient; OpenAIClient(lambda *_: ''); "
        "sys.exit(not {'openai', 'httpx2'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0  # noqa: S603  # our own words in our own interpreter


def keys(named: Mapping[str, str]) -> FindKey:
    """Keys by name, for loopback and the workspace `demo`."""

    def secret() -> str:
        bound = {"hosts": ["127.0.0.1"], "workspaces": ["demo"]}
        return json.dumps({name: {"key": key, **bound} for name, key in named.items()})

    return ModelKeys(secret).find


def provider(told: Told, **fields: object) -> Provider:
    return Provider.model_validate(
        {"id": "a", "base_url": told.url, "model": "m", "key": "main", **fields}
    )


def failure(
    client: OpenAIClient, told: Told, play: Play, within_ms: float = PATIENT_MS
) -> AttemptFailed:
    told.play = play
    with pytest.raises(AttemptFailed) as failed:
        client.tool("demo", provider(told), ASK, within_ms)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    return failed.value


def test_a_tool_call_comes_back_as_it_was_written(client: OpenAIClient, told: Told) -> None:
    answered = client.tool("demo", provider(told), ASK, PATIENT_MS)
    assert answered.reply == ToolReply(
        '{"a": 1, "a": 2}', "propose_next_step", "tool_calls", calls=1
    )
    assert answered.usage == Usage(uncached=15, cached=100, written=5, output=20, reasoning=10)


def test_one_strict_tool_must_be_called(client: OpenAIClient, told: Told) -> None:
    client.tool("demo", provider(told), ASK, PATIENT_MS)
    path, headers, body = told.asked[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-secret"
    assert body["max_completion_tokens"] == 200
    assert body["parallel_tool_calls"] is False
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "propose_next_step",
                "description": "d",
                "parameters": {},
                "strict": True,
            },
        }
    ]
    assert "prompt_cache_key" not in body


def test_a_prompt_cache_is_addressed_by_the_stable_part(client: OpenAIClient, told: Told) -> None:
    caching = provider(told, capabilities=["tools", "prompt_cache"])
    for user in ("one", "two"):
        client.tool("demo", caching, ToolAsk(ASK.system, user, ASK.tool, 200), PATIENT_MS)
    first, second = (body["prompt_cache_key"] for _, _, body in told.asked)
    assert first == second


def test_a_choice_comes_back_with_its_probabilities(client: OpenAIClient, told: Told) -> None:
    chances = [
        {"value": "company", "probability": 0.9},
        {"value": "none of these", "probability": 0.1},
    ]
    answer = {"type": "choice", "choice": "company", "confidence": 0.9, "probabilities": chances}
    usage = {
        "input_tokens": 50,
        "output_tokens": 3,
        "total_tokens": 53,
        "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    told.play = loopback.says(json.dumps({"answers": [answer], "usage": usage}).encode())
    answered = client.choice("demo", provider(told), CHOICE, PATIENT_MS)
    assert answered.reply.probabilities == {"company": 0.9, "none of these": 0.1}
    assert answered.usage == Usage(uncached=30, cached=20, output=3)
    path, _, body = told.asked[0]
    assert path == "/v1/decisions"
    assert body["input"] == "context"


def test_a_decision_may_be_refused(client: OpenAIClient, told: Told) -> None:
    told.play = loopback.says(b'{"answers": [{"type": "refusal"}]}')
    answered = client.choice("demo", provider(told), CHOICE, PATIENT_MS)
    assert (answered.reply.refusal, answered.usage) == ("refused", None)


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (400, ErrorClass.VALIDATION),
        (401, ErrorClass.AUTHENTICATION),
        (404, ErrorClass.PERMANENT),
        (500, ErrorClass.TRANSIENT),
        (503, ErrorClass.OVERLOADED),
    ],
)
def test_a_status_is_an_attempt_that_failed_and_is_not_repeated(
    client: OpenAIClient, told: Told, code: int, error_class: ErrorClass
) -> None:
    failed = failure(client, told, loopback.status(code))
    assert (failed.error_class, str(failed)) == (error_class, f"http_{code}")
    assert len(told.asked) == 1


def test_a_rate_limit_says_when_to_come_again(client: OpenAIClient, told: Told) -> None:
    failed = failure(client, told, loopback.status(429, {"Retry-After": "2"}))
    assert (failed.error_class, failed.retry_after_ms) == (ErrorClass.RATE_LIMIT, 2_000)
    assert failure(client, told, loopback.status(429)).retry_after_ms is None


def test_credit_that_is_used_up_is_permanent(client: OpenAIClient, told: Told) -> None:
    failed = failure(client, told, loopback.status(429, error="insufficient_quota"))
    assert failed.error_class is ErrorClass.PERMANENT


@pytest.mark.parametrize("play", [loopback.dribble, loopback.dribbling_head, loopback.hang])
def test_what_does_not_end_in_time_is_cut(client: OpenAIClient, told: Told, play: Play) -> None:
    client.tool("demo", provider(told), ASK, PATIENT_MS)
    began = time.monotonic()
    failed = failure(client, told, play, SHORT_MS)
    assert failed.error_class is ErrorClass.TIMEOUT
    assert time.monotonic() - began < SHORT_MS / 1000 + 0.5


@pytest.mark.parametrize("play", [loopback.dribble, loopback.dribbling_head])
def test_a_response_that_is_cut_is_no_longer_listened_to(
    client: OpenAIClient, told: Told, play: Play
) -> None:
    client.tool("demo", provider(told), ASK, PATIENT_MS)
    failure(client, told, play, SHORT_MS)
    assert told.left.wait(5)


def test_after_a_cut_the_next_call_is_answered(client: OpenAIClient, told: Told) -> None:
    failure(client, told, loopback.hang, SHORT_MS)
    told.play = Told().play
    assert client.tool("demo", provider(told), ASK, PATIENT_MS).reply.calls == 1


@pytest.mark.parametrize(
    ("play", "outcome"),
    [
        (lambda connection: connection.reset(), "no_connection"),
        (loopback.cut, "no_connection"),
        (loopback.says(b'{"choices": [{"mess'), "unreadable"),
        (loopback.says(b""), "unreadable"),
        (loopback.says(b"<html>"), "unreadable"),
        (loopback.says(b'{"choices": []}'), "unreadable"),
    ],
    ids=["reset", "cut", "truncated", "empty", "html", "no choices"],
)
def test_what_breaks_off_or_cannot_be_read_is_transient(
    client: OpenAIClient, told: Told, play: Play, outcome: str
) -> None:
    failed = failure(client, told, play)
    assert (failed.error_class, failed.outcome) == (ErrorClass.TRANSIENT, outcome)


@pytest.mark.parametrize("charset", ["rot13", "idna"])
def test_an_error_that_the_sdk_cannot_decode_is_unreadable(
    client: OpenAIClient, told: Told, charset: str
) -> None:
    headers = {"Content-Type": f"text/html; charset={charset}"}
    failed = failure(client, told, lambda connection: connection.answer(b"\xff{", 400, headers))
    assert (failed.error_class, failed.outcome) == (ErrorClass.TRANSIENT, "unreadable")


@pytest.mark.parametrize("year", ["9999999999", "99999999999999999999"])
def test_a_date_that_cannot_be_is_no_wait(client: OpenAIClient, told: Told, year: str) -> None:
    headers = {"Retry-After": f"Mon, 01 Jan {year} 00:00:00 GMT"}
    failed = failure(client, told, loopback.status(429, headers))
    assert (failed.error_class, failed.retry_after_ms) == (ErrorClass.RATE_LIMIT, None)


def test_nobody_reads_a_huge_answer_to_its_end(client: OpenAIClient, told: Told) -> None:
    failed = failure(client, told, loopback.huge)
    assert (failed.error_class, failed.outcome) == (ErrorClass.VALIDATION, "too_large")


def test_a_server_that_is_not_there_is_transient(client: OpenAIClient) -> None:
    nowhere = Told(url=f"{ports.url(ports.free_port())}/v1")
    failed = failure(client, nowhere, Told().play)
    assert (failed.error_class, failed.outcome) == (ErrorClass.TRANSIENT, "no_connection")


def test_without_its_key_nothing_is_sent(client: OpenAIClient, told: Told) -> None:
    with pytest.raises(AttemptFailed, match="no_key") as failed:
        client.tool("demo", provider(told, key="other"), ASK, PATIENT_MS)
    assert failed.value.error_class is ErrorClass.AUTHENTICATION
    assert told.asked == []


def test_a_key_is_not_sent_for_another_workspace_nor_to_another_host(
    client: OpenAIClient, told: Told
) -> None:
    elsewhere = told.url.replace("127.0.0.1", "localhost")
    with pytest.raises(AttemptFailed, match="key_not_for_workspace"):
        client.tool("other", provider(told), ASK, PATIENT_MS)
    with pytest.raises(AttemptFailed, match="key_not_for_host"):
        client.tool("demo", provider(told, base_url=elsewhere), ASK, PATIENT_MS)
    assert told.asked == []


def test_a_server_without_keys_needs_none(client: OpenAIClient, told: Told) -> None:
    assert client.tool("demo", provider(told, key=None), ASK, PATIENT_MS).reply.calls == 1


def test_a_rotated_key_is_used_from_then_on(told: Told) -> None:
    named = {"main": "sk-old"}
    client = OpenAIClient(keys(named))
    client.tool("demo", provider(told), ASK, PATIENT_MS)
    named["main"] = "sk-new"
    client.tool("demo", provider(told), ASK, PATIENT_MS)
    client.close()
    assert [headers["authorization"] for _, headers, _ in told.asked] == [
        "Bearer sk-old",
        "Bearer sk-new",
    ]


def test_usage_that_is_not_reported_is_none(client: OpenAIClient, told: Told) -> None:
    for usage in (None, {}, {"prompt_tokens": 5}):
        told.play = loopback.says(json.dumps({**COMPLETION, "usage": usage}).encode())
        assert client.tool("demo", provider(told), ASK, PATIENT_MS).usage is None


def test_no_key_prompt_or_answer_is_logged(
    client: OpenAIClient, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.tool("demo", provider(told), ASK, PATIENT_MS)
        failed = failure(client, told, loopback.status(401))
    for secret in ("sk-secret", "user text", "system text", '"a": 1', "Ada"):
        assert secret not in caplog.text
        assert secret not in repr(failed)
