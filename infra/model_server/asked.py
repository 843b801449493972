"""What clients send to a model server, as far as a script needs to read it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Wire(BaseModel):
    """A part of a request; what is not named here is let through."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FunctionAsked(Wire):
    """A function that the model may call."""

    name: str
    parameters: dict[str, JsonValue] = {}


class ToolAsked(Wire):
    """A tool that the model may call."""

    type: Literal["function"]
    function: FunctionAsked


class MessageAsked(Wire):
    """One message of a conversation."""

    role: str
    content: JsonValue = None


class StreamOptions(Wire):
    """How to stream."""

    include_usage: bool = False


class ChatAsked(Wire):
    """Body of `POST /v1/chat/completions`."""

    model: str
    messages: tuple[MessageAsked, ...] = Field(min_length=1)
    tools: tuple[ToolAsked, ...] = ()
    stream: bool = False
    stream_options: StreamOptions | None = None

    @property
    def prefix(self) -> str:
        """What stands first and is the same from call to call: tools, and the first message."""
        tools = "".join(each.model_dump_json() for each in self.tools)
        return tools + self.messages[0].model_dump_json()

    @property
    def rest(self) -> str:
        """What comes after the prefix."""
        return "".join(each.model_dump_json() for each in self.messages[1:])


class ChoiceAsked(Wire):
    """One of a question's choices."""

    value: str | bool


class LevelAsked(Wire):
    """One of a score's levels, from the lowest."""

    label: str


class QuestionAsked(Wire):
    """A question of the Decisions API."""

    type: Literal["choice", "predicate", "score"]
    name: str | None = None
    choices: tuple[ChoiceAsked, ...] = ()
    levels: tuple[LevelAsked, ...] = ()


class DecisionAsked(Wire):
    """Body of `POST /v1/decisions`."""

    model: str
    input: JsonValue
    questions: tuple[QuestionAsked, ...] = Field(min_length=1)
