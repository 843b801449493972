"""The JSON of answers: chat completions, whole and streamed; decisions; errors."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from infra.model_server.asked import ChatAsked, DecisionAsked, QuestionAsked
from infra.model_server.example import FOREIGN, SURE
from infra.model_server.message import Message
from infra.model_server.scenario import Act, Speech
from infra.model_server.usage import Used

type Json = dict[str, JsonValue]

CREATED: Final = 1_795_000_000
"""Seconds since the epoch; every answer is as old as the others."""

PAGE: Final = b"<!doctype html><title>Sign in</title><p>Please sign in to this network."
ERRORS: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}


def completion(asked: ChatAsked, said: Message, used: Used | None, *, choices: bool) -> bytes:
    """A whole chat completion.

    Args:
        asked: the request.
        said: what the model says.
        used: what it used, where that is told.
        choices: whether there is a choice at all.
    """
    choice: Json = {
        "index": 0,
        "message": {"role": "assistant", **_said(said)},
        "finish_reason": said.finish,
        "logprobs": None,
    }
    body = _envelope(asked, "chat.completion") | {"choices": [choice] if choices else []}
    return json.dumps(body | ({"usage": _chat_usage(used)} if used else {})).encode()


def stream(asked: ChatAsked, said: Message, used: Used | None, *, choices: bool) -> bytes:
    """The same as server-sent events."""
    return b"".join(
        f"data: {each}\n\n".encode() for each in _chunks(asked, said, used, choices=choices)
    )


def _chunks(asked: ChatAsked, said: Message, used: Used | None, *, choices: bool) -> Iterator[str]:
    envelope = _envelope(asked, "chat.completion.chunk")
    deltas: list[Json] = [{"role": "assistant", **_streamed(said)}, {}] if choices else []
    for delta in deltas:
        finish = None if delta else said.finish
        choice: Json = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        yield json.dumps(envelope | {"choices": [choice]})
    if used and asked.stream_options and asked.stream_options.include_usage:
        yield json.dumps(envelope | {"choices": [], "usage": _chat_usage(used)})
    yield "[DONE]"


def decision(asked: DecisionAsked, act: Act, used: Used | None) -> bytes:
    """An answer of the Decisions API."""
    answers: list[JsonValue] = [_answer(each, act.speech) for each in asked.questions]
    if act.speech in ("empty", "no_choices"):
        answers = []
    body: Json = {"model": asked.model, "answers": answers}
    if used:
        body["usage"] = {
            "input_tokens": used.prompt,
            "input_tokens_details": {
                "cached_tokens": used.cached,
                "cache_write_tokens": used.written,
            },
            "output_tokens": used.generated,
            "output_tokens_details": {"reasoning_tokens": used.reasoned},
            "total_tokens": used.prompt + used.generated,
        }
    written = json.dumps(body).encode()
    return written[: len(written) // 2] if act.speech.startswith("truncated") else written


def error(act: Act) -> bytes:
    """An error as OpenAI words it."""
    told: Json = {
        "message": f"The script says {act.status}.",
        "type": ERRORS.get(act.status, "server_error"),
        "param": None,
        "code": act.error,
    }
    return json.dumps({"error": told}).encode()


def _envelope(asked: ChatAsked, kind: str) -> Json:
    return {"id": "chatcmpl-scripted", "object": kind, "created": CREATED, "model": asked.model}


def _said(said: Message) -> Json:
    calls: list[JsonValue] = [
        {
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": each.name, "arguments": each.arguments},
        }
        for place, each in enumerate(said.calls)
    ]
    spoken: Json = {"content": said.content, "refusal": said.refusal}
    return spoken | ({"tool_calls": calls} if calls else {})


def _streamed(said: Message) -> Json:
    whole = _said(said)
    calls = whole.get("tool_calls")
    if isinstance(calls, list):
        numbered = [{"index": n, **each} for n, each in enumerate(calls) if isinstance(each, dict)]
        whole["tool_calls"] = [*numbered]
    return whole


def _chat_usage(used: Used) -> Json:
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.generated,
        "total_tokens": used.prompt + used.generated,
        "prompt_tokens_details": {
            "cached_tokens": used.cached,
            "cache_write_tokens": used.written,
        },
        "completion_tokens_details": {"reasoning_tokens": used.reasoned},
    }


def _answer(question: QuestionAsked, speech: Speech) -> Json:
    if speech in ("refusal", "filtered"):
        return {"type": "refusal", "name": question.name}
    match question.type:
        case "predicate":
            return {"type": "predicate", "name": question.name, "probability": SURE}
        case "score":
            return _scored(question)
        case "choice":
            return _chosen(question, speech)


def _chosen(question: QuestionAsked, speech: Speech) -> Json:
    values: list[str | bool] = [each.value for each in question.choices]
    if speech == "foreign_ids":
        values = [FOREIGN, *values[1:]]
    shares = _shares(len(values), 1 / len(values) if speech == "unsure" else SURE)
    told: list[JsonValue] = [
        {"value": value, "probability": share} for value, share in zip(values, shares, strict=True)
    ]
    return {
        "type": "choice",
        "name": question.name,
        "choice": values[0],
        "confidence": shares[0],
        "probabilities": told,
    }


def _scored(question: QuestionAsked) -> Json:
    labels = [each.label for each in question.levels]
    shares = _shares(len(labels), SURE)
    told: list[JsonValue] = [
        {"label": label, "value": value, "probability": share}
        for value, (label, share) in enumerate(zip(labels, shares, strict=True))
    ]
    score = sum(value * share for value, share in enumerate(shares))
    return {
        "type": "score",
        "name": question.name,
        "score": score,
        "confidence": SURE,
        "probabilities": told,
    }


def _shares(count: int, first: float) -> list[float]:
    """Probabilities that add up to 1; the first has `first`."""
    return [first, *[(1 - first) / (count - 1)] * (count - 1)] if count > 1 else [1.0]
