"""Admission of spans: names, values, contents and what is cut."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cairn.traces.admission import (
    EVENTS,
    REDACTED_CHARACTERS,
    REMOVED,
    VALUE_CHARACTERS,
    Admitted,
    admit,
)
from cairn.traces.names import spoken
from cairn.traces.otlp import AnyValue, RawEvent, RawSpan
from tests.spans import START, START_NS, TRACE


def raw(attributes: Mapping[str, AnyValue] | None = None) -> RawSpan:
    return RawSpan(
        trace_id=TRACE,
        span_id=f"{1:016x}",
        parent_id="",
        name="chat",
        kind=3,
        start_ns=START_NS,
        end_ns=START_NS + 1,
        attributes=list((attributes or {}).items()),
        events=(),
        status=0,
        message="",
        service="shop",
        scope="",
    )


def admitted(*spans: RawSpan | None, contents: bool = False) -> Admitted:
    return admit(spans, START, contents=contents)


def attributes(contents: bool = False, **told: AnyValue) -> dict[str, object]:  # noqa: FBT001, FBT002
    """What is kept of attributes; dots are written as double underscores."""
    given = {name.replace("__", "."): value for name, value in told.items()}
    (span,) = admitted(raw(given), contents=contents).spans
    return dict(span.attributes)


def test_former_names_of_genai_become_the_current_ones() -> None:
    assert attributes(
        gen_ai__system="az.ai.openai",
        gen_ai__usage__prompt_tokens=12,
        gen_ai__usage__completion_tokens=7,
        gen_ai__openai__request__response_format="json_schema",
        gen_ai__response__finish_reason="stop",
        llm__request__type="completion",
    ) == {
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.output.type": "json",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.operation.name": "text_completion",
    }


def test_current_names_stay_and_count_before_former_ones() -> None:
    told = attributes(gen_ai__provider__name="anthropic", gen_ai__system="openai", http__route="/a")
    assert told == {"gen_ai.provider.name": "anthropic", "http.route": "/a"}


@pytest.mark.parametrize(
    "name",
    [
        "gen_ai.prompt",
        "gen_ai.prompt.0.content",
        "gen_ai.completion.1.tool_calls.0.arguments",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.event.content",
        "llm.input_messages.0.message.content",
        "traceloop.entity.output",
        "input.value",
        "ai.prompt",
        "ai.prompt.messages",
        "ai.response.text",
        "ai.toolCall.args",
        "pydantic_ai.all_messages",
        "all_messages_events",
        "llm.prompt",
        "llm.completion",
        "llm.prompt_template.variables",
        "retrieval.documents.3.document.content",
        "tool.parameters",
        "gen_ai.content.prompt",
        "GEN_AI.Prompt",
    ],
)
def test_contents_are_known_by_their_names(name: str) -> None:
    assert spoken(name).contents
    found = admitted(raw({name: "secret", "kept": 1}))
    assert dict(found.spans[0].attributes) == {"kept": 1}
    assert found.contents == 1


@pytest.mark.parametrize("name", ["gen_ai.prompt.name", "gen_ai.output.type", "gen_ai.tool.name"])
def test_what_only_sounds_like_contents_stays(name: str) -> None:
    assert not spoken(name).contents


def test_contents_that_are_wanted_are_redacted_before_they_are_cut() -> None:
    long = "x " * 8_185 + "ada@example.com and more"
    told = attributes(contents=True, gen_ai__prompt=long, note="ada@example.com")
    assert "ada@" not in str(told["gen_ai.prompt"])
    assert len(str(told["gen_ai.prompt"])) == 16_384
    assert told["note"] == "[email 1]"


def test_numbers_and_names_that_are_somebodys_are_left_out() -> None:
    told: dict[str, AnyValue] = {
        "contact": 491701234567,
        "contacts": [1, 491701234567],
        "answers.ada@example.com": "yes",
        "thread.id": 140735192694720,
        "count": 3,
        "seen": START_NS,
    }
    found = admitted(raw(told))
    assert dict(found.spans[0].attributes) == {
        "thread.id": 140735192694720,
        "count": 3,
        "seen": START_NS,
    }
    assert found.contents == 3


@pytest.mark.parametrize("name", ["url.full", "url.path", "http.target"])
def test_addresses_are_kept_without_what_opens_a_door(name: str) -> None:
    (span,) = admitted(raw({name: "/reset;token=hunter2/V1StGXR8_Z5jdHi6B-myT/x?code=1"})).spans
    assert dict(span.attributes) == {name: "/reset/[key]/x"}


def test_what_errors_say_in_their_own_words_is_redacted() -> None:
    failed = replace(raw(), status=2, message="No user ada@example.com")
    event = RawEvent(START_NS, "exception", [("exception.message", "Call +49 30 901820")])
    (span,) = admitted(replace(failed, events=[event])).spans
    assert span.attributes["otel.status_description"] == "No user [email 1]"
    assert "901820" not in str(span.events[0].attributes["exception.message"])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (2**70, 2**70),
        (float("nan"), "nan"),
        (b"\x00\xff", "AP8="),
        (["a", "b"], ("a", "b")),
        ([1, 2], (1, 2)),
        ([1, 2.5], (1.0, 2.5)),
        ([], ()),
        ([True, False], "[true, false]"),
        (["a", 1], '["a", 1]'),
        ([[1], b"\x00"], '[[1], "AA=="]'),
        ({"a": {"b": [None]}}, '{"a": {"b": [null]}}'),
    ],
)
def test_values_become_what_spans_can_have(value: AnyValue, kept: object) -> None:
    found = attributes(key=value)["key"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize("at_ns", [-1, 1 << 63])
def test_an_event_beyond_the_calendar_spoils_its_span_alone(at_ns: int) -> None:
    found = admitted(replace(raw(), events=[RawEvent(at_ns, "e", [])]), raw())
    assert (len(found.spans), found.rejected) == (1, {"span.malformed": 1})


def test_a_value_of_nothing_is_left_out() -> None:
    assert attributes(key=None) == {}


def test_what_is_too_much_is_cut_and_counted() -> None:
    events = [RawEvent(START_NS, "e", [])] * (EVENTS + 3)
    listed: list[AnyValue] = ["x" * 3_000, "y" * 3_000]
    found = admitted(replace(raw({"long": "x" * 5_000, "list": listed}), events=events))
    (span,) = found.spans
    assert len(str(span.attributes["long"])) == VALUE_CHARACTERS
    assert [len(each) for each in span.attributes["list"]] == [3_000, 1_096]  # type: ignore[union-attr, arg-type]
    assert len(span.events) == EVENTS
    assert found.cut == 1 + 1 + 3


def test_a_parent_of_zeros_is_none_and_an_unheard_of_kind_internal() -> None:
    (span,) = admitted(replace(raw(), parent_id="0" * 16, kind=17, status=9, name="")).spans
    assert (span.parent_id, span.kind, span.status, span.name) == (
        None,
        "internal",
        "unset",
        "unknown",
    )


@pytest.mark.parametrize("name", ["user.email", "client.address", "userEmail", "url.query"])
def test_what_is_personal_by_its_name_is_left_out(name: str) -> None:
    found = admitted(raw({name: "ada", "server.address": "10.0.0.1"}), contents=True)
    assert dict(found.spans[0].attributes) == {"server.address": "10.0.0.1"}
    assert found.contents == 1


def test_addresses_lose_their_query_and_names_what_is_personal() -> None:
    (span,) = admitted(
        replace(raw({"url.full": "https://a.example/b?mail=ada"}), name="mail ada@example.com")
    ).spans
    assert (span.name, span.attributes["url.full"]) == ("mail [email 1]", "https://a.example/b")


def test_names_of_models_are_no_keys() -> None:
    assert attributes(gen_ai__request__model="claude-3-5-sonnet-20241022") == {
        "gen_ai.request.model": "claude-3-5-sonnet-20241022"
    }


def test_beyond_what_is_redacted_of_an_export_texts_are_removed_and_harmless_ones_stay() -> None:
    text = "a@" * (VALUE_CHARACTERS // 2 - 10) + " ada@example.com"
    several = range(REDACTED_CHARACTERS // len(text) + 1)
    found = admitted(*(raw({"text": f"{text} {n}", "kept": "fine\nso far"}) for n in several))
    texts = [span.attributes["text"] for span in found.spans]
    assert texts[0] != REMOVED == texts[-1]
    assert {span.attributes["kept"] for span in found.spans} == {"fine\nso far"}


def test_nothing_is_removed_of_an_ordinary_export() -> None:
    spans = [
        raw(
            {
                "db.statement": f"FROM orders WHERE id = {100_000 + number} AND "
                f"created > '2026-11-21 08:{number % 60:02d}:00' AND host = '10.0.0.1' LIMIT 50",
                "order.id": f"{number:08x}-0f3c-4d5e-8a9b-0c1d2e3f4a5b",
                "http.target": f"GET /orders/{100_000 + number} 200",
                "app.version": "10.2.3.4",
                "peer": f"10.0.{number % 250}.7:5432",
            }
        )
        for number in range(2_000)
    ]
    found = admitted(*spans)
    assert found.cut == 0
    for number, each in enumerate(found.spans):
        assert each.attributes["db.statement"] == str(
            dict(spans[number].attributes)["db.statement"]
        ).replace("10.0.0.1", "[ip 1]")
        assert each.attributes["order.id"] == dict(spans[number].attributes)["order.id"]
        assert each.attributes["app.version"] == "10.2.3.4"
        assert each.attributes["peer"] == "[ip 1]:5432"


def test_what_was_asked_of_a_model_is_redacted_as_prose() -> None:
    asked = raw({"gen_ai.prompt": "id 123456789012", "note": "id 123456789012"})
    (found,) = admit([asked], START, contents=True).spans
    assert found.attributes == {"gen_ai.prompt": "id [phone 1]", "note": "id 123456789012"}
