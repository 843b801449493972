"""An attempt as a span, in the words of OpenTelemetry's conventions for GenAI (1.41)."""

from urllib.parse import urlsplit

from cairn.llm.documents import Provider
from cairn.llm.model import Attempted, ChoiceAsk, ToolAsk, ToolReply
from cairn.llm.question import Replied
from cairn.platform.observability.recording import OpenSpan, Unrecorded, span


def attempting(provider: Provider, ask: ToolAsk | ChoiceAsk) -> OpenSpan | Unrecorded:
    """The span of one attempt, named `<operation> <model>`."""
    return span(f"{_operation(ask)} {provider.model}", "client")


def describe(
    calling: OpenSpan,
    provider: Provider,
    ask: ToolAsk | ChoiceAsk,
    made: Attempted,
    reply: Replied | None,
) -> None:
    """Says what was asked of whom, how it ended, and what it cost."""
    address, usage = urlsplit(provider.base_url), made.usage
    calling.set("gen_ai.operation.name", _operation(ask))
    calling.set("gen_ai.provider.name", provider.id)
    calling.set("gen_ai.request.model", provider.model)
    calling.set("server.address", address.hostname or "")
    if address.port:
        calling.set("server.port", address.port)
    if isinstance(ask, ToolAsk):
        calling.set("gen_ai.request.max_tokens", ask.max_output_tokens)
    calling.set("gen_ai.usage.input_tokens", usage.input_tokens)
    calling.set("gen_ai.usage.output_tokens", usage.output_tokens)
    calling.set("gen_ai.usage.cache_read.input_tokens", usage.cached)
    calling.set("gen_ai.usage.cache_creation.input_tokens", usage.written)
    calling.set("gen_ai.usage.reasoning.output_tokens", usage.reasoning)
    calling.set("cairn.usage_estimated", usage.estimated)
    calling.set("cairn.cost_usd", made.cost_usd)
    if isinstance(reply, ToolReply) and reply.finish_reason:
        calling.set("gen_ai.response.finish_reasons", (reply.finish_reason,))
    if made.error_class is not None:
        calling.set("cairn.error_class", str(made.error_class))
        calling.fail(made.outcome)


def _operation(ask: ToolAsk | ChoiceAsk) -> str:
    return "chat" if isinstance(ask, ToolAsk) else "decisions"
