"""Who asks a model."""

from dataclasses import dataclass

from cairn.llm.documents import ModelsDocument
from cairn.platform.clock import Deadline


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with which models, until when.

    Attributes:
        workspace: who pays.
        subject: whose quota counts; None where there is nobody to count.
        document: the workspace's models.
        deadline: of the whole request.
        reserve_ms: what must be left of the deadline.
    """

    workspace: str
    subject: str | None
    document: ModelsDocument
    deadline: Deadline
    reserve_ms: float

    def left_ms(self) -> float:
        """What is left for models."""
        return self.deadline.left_ms(self.reserve_ms)
