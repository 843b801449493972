"""Models that answer at once and for free, so that only our own work is measured."""

from dataclasses import dataclass

from cairn.llm.documents import ModelsDocument
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.llm.question import FaultOf
from cairn.platform.clock import Deadline
from infra.model_server.asked import FunctionAsked, ToolAsked
from infra.model_server.example import SURE
from infra.model_server.message import message


@dataclass(frozen=True, slots=True)
class InstantModels:
    """See `ModelPort`; the good answers of the scripted model."""

    def tool(  # noqa: PLR0913, PLR0917  # the port's words
        self,
        workspace: str,  # noqa: ARG002  # the same
        subject: str | None,  # noqa: ARG002  # the same
        ask: ToolAsk,
        document: ModelsDocument,  # noqa: ARG002  # the same
        deadline: Deadline,  # noqa: ARG002  # the same
        reserve_ms: float,  # noqa: ARG002  # the same
        fault_of: FaultOf[ToolReply] = lambda _: None,  # noqa: ARG002  # the same
    ) -> Called[ToolReply]:
        """A good call of the tool."""
        function = FunctionAsked(name=ask.tool.name, parameters={**ask.tool.parameters})
        said = message("good", [ToolAsked(type="function", function=function)])
        (call,) = said.calls
        reply = ToolReply(call.arguments, call.name, said.finish, calls=1)
        return Called(reply, None, provider="instant", model="instant")

    def choice(  # noqa: PLR0913, PLR0917  # the port's words
        self,
        workspace: str,  # noqa: ARG002  # the same
        subject: str | None,  # noqa: ARG002  # the same
        ask: ChoiceAsk,
        document: ModelsDocument,  # noqa: ARG002  # the same
        deadline: Deadline,  # noqa: ARG002  # the same
        reserve_ms: float,  # noqa: ARG002  # the same
    ) -> Called[ChoiceReply]:
        """The first option, surely."""
        others = len(ask.options) - 1
        chances = dict.fromkeys(ask.options, (1 - SURE) / others)
        reply = ChoiceReply({**chances, ask.options[0]: SURE})
        return Called(reply, None, provider="instant", model="instant")
