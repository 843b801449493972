"""Every attempt at a model is a span: what was asked of whom, how it ended, what it cost."""

import json
from dataclasses import replace

import pytest

from cairn.llm.model import ErrorClass, ToolReply
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.recording import Recorder
from cairn.platform.observability.span import Span
from tests.calling import ASK, Calling, models
from tests.fakes.model_client import Turn, fails

MAIL = "ada@secret.example"


def spans_of(calling: Calling, *providers: str) -> list[Span]:
    recorder = Recorder(trace_of(None), "tested")
    with recorder.open("root", "server"):
        calling.call(models(*providers))
    return [each for each in recorder.spans() if each.kind == "client"]


def test_every_attempt_is_a_span_in_the_words_of_the_conventions() -> None:
    failed, answered = spans_of(
        Calling({"a": [fails(ErrorClass.OVERLOADED, "http_503")], "b": [Turn()]}), "a", "b"
    )
    assert (failed.name, failed.status, answered.status) == ("chat m", "error", "unset")
    assert (
        failed.attributes.items()
        >= {
            "gen_ai.provider.name": "a",
            "error.type": "http_503",
            "cairn.error_class": "overloaded",
        }.items()
    )
    assert answered.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "b",
        "gen_ai.request.model": "m",
        "server.address": "b.example",
        "gen_ai.request.max_tokens": 200,
        "gen_ai.usage.input_tokens": 150,
        "gen_ai.usage.output_tokens": 25,
        "gen_ai.usage.cache_read.input_tokens": 50,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "cairn.usage_estimated": False,
        "cairn.cost_usd": pytest.approx((100 * 1 + 50 * 0.1 + 25 * 4) / 1e6),
    }


@pytest.mark.parametrize("text", [f'{{"mail": "{MAIL}", cut', f'"{MAIL}"' + " " * 30_000])
def test_an_answer_that_is_no_json_is_redacted_as_text_and_cut(text: str) -> None:
    said = ToolReply(text, "propose_next_step", "length", calls=1)
    (span,) = spans_of(Calling({"a": [Turn(said)]}, payloads=True), "a")
    assert MAIL not in repr(span)
    assert len(str(span.attributes["gen_ai.output.messages"])) < 21_000


def test_prompts_and_answers_are_told_only_where_that_is_switched_on_and_redacted() -> None:
    said = ToolReply(
        f'{{"mail": "{MAIL}", "deep": [{{"n": 1, "b": true}}]}}',
        "propose_next_step",
        "tool_calls",
        calls=1,
    )
    calling = Calling({"a": [Turn(said)]}, payloads=True)
    (span,) = spans_of(calling, "a")
    assert MAIL not in repr(span)
    told = {
        name: json.loads(str(span.attributes[f"gen_ai.{name}"]))
        for name in ("system_instructions", "input.messages", "output.messages")
    }
    assert told == {
        "system_instructions": [{"type": "text", "content": ASK.system}],
        "input.messages": [{"role": "user", "parts": [{"type": "text", "content": ASK.user}]}],
        "output.messages": [
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "tool_call",
                        "name": "propose_next_step",
                        "arguments": {"mail": "[email 1]", "deep": [{"n": 1, "b": True}]},
                    }
                ],
                "finish_reason": "tool_calls",
            }
        ],
    }
    (quiet,) = spans_of(replace(calling, turns={"a": [Turn(said)]}, payloads=False), "a")
    assert not {name for name in quiet.attributes if "messages" in name or "system" in name}
