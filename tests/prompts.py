"""Builders of prompts, moments and model replies for tests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import yaml

from cairn.behavior.model import Recent
from cairn.decisions.prompts import Prompt, PromptDocument
from cairn.decisions.proposal import Moment
from cairn.decisions.surfaces.form.tool import TOOL
from cairn.llm.model import ToolReply
from tests.flows import EXAMPLE

NOW: Final = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
WRITTEN: Final = {
    "kind": "prompt",
    "id": "default",
    "role": "You choose the next step.",
    "constraints": ["Ask for little."],
    "patterns": ["Hesitation means doubt."],
    "question": "Which step is next?",
}
EXAMPLE_PROMPT: Final = PromptDocument.model_validate(
    yaml.safe_load(EXAMPLE.with_name("prompt.yaml").read_text())
)


def prompt(**more: object) -> Prompt:
    """A published prompt."""
    return Prompt(PromptDocument.model_validate({**WRITTEN, **more}), 1, "p" * 64)


def moment(recent: Recent = (), **more: object) -> Moment:
    """A moment with these events and a prompt of these properties."""
    return Moment(recent, NOW, prompt(**more))


def said(arguments: Mapping[str, object] | str | None, **more: object) -> ToolReply:
    """A whole reply that calls the right tool once."""
    text = arguments if isinstance(arguments, str | None) else json.dumps(arguments)
    usual: dict[str, object] = {"name": TOOL, "finish_reason": "tool_calls", "calls": 1}
    return ToolReply(arguments=text, **{**usual, **more})  # type: ignore[arg-type]  # a test says what it likes


def arguments(step_id: str, *fields: tuple[str, str], **more: object) -> dict[str, object]:
    """Arguments as the schema wants them; fields by id and kind."""
    listed = [{"id": name, "kind": kind} for name, kind in fields]
    usual = {"reasoning": "It fits.", "step_id": step_id, "fields": listed}
    return {**usual, "ctas": ["continue"], "confidence": 0.8, **more}
