"""Models that answer at once and for free, so that only our own work is measured."""

from dataclasses import dataclass

from cairn.llm.caller import Caller
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.llm.question import FaultOf
from infra.model_server.asked import FunctionAsked, ToolAsked
from infra.model_server.example import SURE
from infra.model_server.message import message


@dataclass(frozen=True, slots=True)
class InstantModels:
    """See `ModelPort`; the good answers of the scripted model."""

    def tool(
        self,
        caller: Caller,  # noqa: ARG002  # everybody gets the same
        ask: ToolAsk,
        fault_of: FaultOf[ToolReply] = lambda _: None,  # noqa: ARG002  # the same
    ) -> Called[ToolReply]:
        """A good call of the tool."""
        function = FunctionAsked(name=ask.tool.name, parameters={**ask.tool.parameters})
        said = message("good", [ToolAsked(type="function", function=function)])
        (call,) = said.calls
        reply = ToolReply(call.arguments, call.name, said.finish, calls=1)
        return Called(reply, None, provider="instant", model="instant")

    def choice(
        self,
        caller: Caller,  # noqa: ARG002  # the same
        ask: ChoiceAsk,
    ) -> Called[ChoiceReply]:
        """The first option, surely."""
        others = len(ask.options) - 1
        chances = dict.fromkeys(ask.options, (1 - SURE) / others)
        reply = ChoiceReply({**chances, ask.options[0]: SURE})
        return Called(reply, None, provider="instant", model="instant")
