"""Models that are made when the first of them is asked: most decisions ask none."""

from collections.abc import Callable

from cairn.decisions.modelled import ModelPort
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.platform.clock import Deadline


class LateModels:
    """A `ModelPort` that is made, with all it imports, by the first call."""

    def __init__(self, make: Callable[[], ModelPort]) -> None:
        self._make = make
        self._made: ModelPort | None = None

    def tool(  # noqa: PLR0913, PLR0917  # the port's words
        self,
        workspace: str,
        subject: str | None,
        ask: ToolAsk,
        document: ModelsDocument,
        deadline: Deadline,
        reserve_ms: float,
        fault_of: Callable[[ToolReply], str | None],
    ) -> Called[ToolReply]:
        """See `ModelPort.tool`."""
        return self._port.tool(workspace, subject, ask, document, deadline, reserve_ms, fault_of)

    def choice(  # noqa: PLR0913, PLR0917  # the same
        self,
        workspace: str,
        subject: str | None,
        ask: ChoiceAsk,
        document: ModelsDocument,
        deadline: Deadline,
        reserve_ms: float,
    ) -> Called[ChoiceReply]:
        """See `ModelPort.choice`."""
        return self._port.choice(workspace, subject, ask, document, deadline, reserve_ms)

    @property
    def _port(self) -> ModelPort:
        if self._made is None:
            self._made = self._make()
        return self._made
