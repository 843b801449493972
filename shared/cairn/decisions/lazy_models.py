"""Models that are made when the first of them is asked: most decisions ask none."""

from collections.abc import Callable

from cairn.decisions.model_port import ModelPort
from cairn.llm.caller import Caller
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply


class LazyModels:
    """A `ModelPort` that is made, with all it imports, by the first call."""

    def __init__(self, make: Callable[[], ModelPort]) -> None:
        self._make = make
        self._made: ModelPort | None = None

    def tool(
        self, caller: Caller, ask: ToolAsk, fault_of: Callable[[ToolReply], str | None]
    ) -> Called[ToolReply]:
        """See `ModelPort.tool`."""
        return self._port.tool(caller, ask, fault_of)

    def choice(self, caller: Caller, ask: ChoiceAsk) -> Called[ChoiceReply]:
        """See `ModelPort.choice`."""
        return self._port.choice(caller, ask)

    @property
    def _port(self) -> ModelPort:
        if self._made is None:
            self._made = self._make()
        return self._made
