"""Names of attributes: GenAI's other ones as we call them, and which hold contents.

OpenTelemetry's semantic conventions for GenAI are still in development and rename their attributes.
Everything here speaks version 1.41. Whoever speaks another is understood: former names are those of
`semantic-conventions/model/gen-ai/deprecated` and a few that libraries used before there were any;
later ones those of the repository `semantic-conventions-genai`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cairn.events.numbers import says_count
from cairn.events.personal import holds_personal, says_personal
from cairn.platform.observability.span import SpanValue

STATUS_MESSAGE: Final = "otel.status_description"
SCOPE: Final = "otel.scope.name"
"""How OpenTelemetry maps what is no attribute to formats that have attributes only."""

PROVIDER: Final = "gen_ai.provider.name"
OUTPUT_TYPE: Final = "gen_ai.output.type"
OPERATION: Final = "gen_ai.operation.name"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"

RENAMED: Final[Mapping[str, str]] = {
    "gen_ai.system": PROVIDER,
    "gen_ai.usage.prompt_tokens": "gen_ai.usage.input_tokens",
    "gen_ai.usage.completion_tokens": "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.openai.request.seed": "gen_ai.request.seed",
    "gen_ai.openai.request.response_format": OUTPUT_TYPE,
    "gen_ai.openai.request.service_tier": "openai.request.service_tier",
    "gen_ai.openai.response.service_tier": "openai.response.service_tier",
    "gen_ai.openai.response.system_fingerprint": "openai.response.system_fingerprint",
    "gen_ai.response.finish_reason": FINISH_REASONS,
    "llm.request.type": OPERATION,
    "llm.vendor": PROVIDER,
    "llm.request.model": "gen_ai.request.model",
    "llm.response.model": "gen_ai.response.model",
    "llm.usage.prompt_tokens": "gen_ai.usage.input_tokens",
    "llm.usage.completion_tokens": "gen_ai.usage.output_tokens",
}
"""The name of 1.41 for each other one."""

VALUES: Final[Mapping[tuple[str, str], str]] = {
    (PROVIDER, "az.ai.inference"): "azure.ai.inference",
    (PROVIDER, "az.ai.openai"): "azure.ai.openai",
    (PROVIDER, "gemini"): "gcp.gemini",
    (PROVIDER, "vertex_ai"): "gcp.vertex_ai",
    (PROVIDER, "xai"): "x_ai",
    (OUTPUT_TYPE, "json_object"): "json",
    (OUTPUT_TYPE, "json_schema"): "json",
    (OPERATION, "completion"): "text_completion",
    (OPERATION, "embedding"): "embeddings",
}
"""The value of 1.41 for each former one, by its attribute's name."""

_CONTENTS: Final = re.compile(
    r"gen_ai\.(prompt|completion)(\.\d+(\..*)?)?"
    r"|gen_ai\.(input|output)\.messages|gen_ai\.system_instructions|gen_ai\.event\.content"
    r"|gen_ai\.tool\.(call\.(arguments|result)|definitions)"
    r"|gen_ai\.(retrieval\.(query\.text|documents)|evaluation\.explanation|memory\.records)"
    r"|gen_ai\.(content\.(prompt|completion)|request\.messages|prompt_text|embeddings\.input)"
    r"|gen_ai\.(system|user|assistant|tool)\.message"
    r"|llm\.(prompts?|completions?|(input|output)_messages)(\..*)?"
    r"|llm\.prompt_template\.(template|variables)"
    r"|(retrieval|reranker)\.((input|output)_)?documents\.\d+\.document\.content"
    r"|embedding\.embeddings\.\d+\.embedding\.text|tool\.parameters"
    r"|ai\.(prompt|response\.(text|object|reasoning|toolcalls)|toolcall\.(args|result))(\..*)?"
    r"|ai\.(values?|embeddings?)"
    r"|(pydantic_ai\.)?all_messages(_events)?"
    r"|traceloop\.entity\.(input|output)|(input|output)\.value"
)

_TECHNICAL: Final = re.compile(
    r"gen_ai\.(request|response)\.model|gen_ai\.response\.id|gen_ai\.tool\.call\.id"
    r"|otel\.scope\.name|faas\.invocation_id|server\.address|cairn\.(flow|source)"
)
"""Names and ids of machines, which only look like numbers and keys of somebody."""

_ADDRESSES: Final = frozenset({"url.full", "url.path", "http.url", "http.target"})
"""Addresses that are kept bare: anything may stand in their query."""

_QUERY: Final = "url.query"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is known of an attribute by the name that it came with.

    Attributes:
        name: what it is called in 1.41.
        other: whether it came with another name.
        contents: whether it holds what was asked of a model, or what it answered.
        personal: whether it holds what is somebody's own, or its name does.
        words: whether somebody's own words may be in it, and must be redacted.
        address: whether it is the address of a page, which is kept bare.
        counts: whether its numbers are nobody's phone or card.
    """

    name: str
    other: bool
    contents: bool
    personal: bool
    words: bool
    address: bool
    counts: bool


@lru_cache(maxsize=4_096)
def spoken(given: str) -> Spoken:
    """What is known of an attribute that came as `given`; exporters use few names, but often.

    What must not be kept is known in any case of its letters.
    """
    name = RENAMED.get(given, given)
    lower = name.lower()
    technical = _TECHNICAL.fullmatch(name) is not None
    return Spoken(
        name,
        other=name != given,
        contents=_CONTENTS.fullmatch(lower) is not None,
        personal=lower == _QUERY
        or (not technical and (says_personal(name) or holds_personal(name))),
        words=not technical,
        address=lower in _ADDRESSES,
        counts=technical or says_count(name),
    )


def current_value(name: str, value: SpanValue) -> SpanValue:
    """What a value of the attribute `name` is called in 1.41."""
    if not isinstance(value, str):
        return value
    return (value,) if name == FINISH_REASONS else VALUES.get((name, value), value)
