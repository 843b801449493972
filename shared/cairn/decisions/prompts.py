"""Prompts as they are published: what a model is told in every decision."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cairn.configuration.model import Document
from cairn.decisions.surface import Unreadable
from cairn.llm.tokens import at_most

SYSTEM_TOKENS: Final = 1_000
"""No system prompt is longer, by the upper bound of the estimate."""

OWN_TOKENS: Final = 600
"""The part of it that is the prompt's own; the rest is for the flow and for what we say."""

_TOO_LONG: Final = "role, constraints and patterns take up to {own} tokens; at most {most} fit"

type Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class PromptDocument(BaseModel):
    """What a model is told, in words of the workspace's own.

    Attributes:
        id: the name by which flows ask for it.
        role: who the model is, and what it is for.
        constraints: what it may never do; the whitelist holds without them too.
        patterns: what behavior means, one sentence each.
        question: what a decision model is asked.
        context_tokens: most tokens of what is told of the visit; the least important goes first.
        output_tokens: most tokens of an answer.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    kind: Literal["prompt"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    role: Sentence
    constraints: Annotated[tuple[Sentence, ...], Field(max_length=20)] = ()
    patterns: Annotated[tuple[Sentence, ...], Field(max_length=20)] = ()
    question: Sentence
    context_tokens: Annotated[int, Field(ge=300, le=4_000)] = 1_200
    output_tokens: Annotated[int, Field(ge=64, le=2_000)] = 400

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        own = sum(map(at_most, (self.role, *self.constraints, *self.patterns)))
        if own > OWN_TOKENS:
            raise PydanticCustomError("prompt.tokens", _TOO_LONG, {"own": own, "most": OWN_TOKENS})
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A published prompt; equal only to itself, so that texts can be kept by it."""

    document: PromptDocument
    version: int
    digest: str

    @property
    def label(self) -> str:
        """The prompt as records name it: `<id>@<version>`."""
        return f"{self.document.id}@{self.version}"


def published_prompt(document: Document) -> Prompt | Unreadable:
    """Reads a published prompt, or says that it cannot be read."""
    try:
        read = PromptDocument.model_validate_json(document.body)
    except ValidationError as error:
        return Unreadable(error.error_count())
    return Prompt(read, document.version, document.digest)
