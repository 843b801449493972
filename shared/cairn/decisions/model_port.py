"""What the model tiers need: somebody to ask, and a surface's words for asking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from cairn.decisions.finding import Middle, ModelTier
from cairn.decisions.proposal import Fault, Moment, Proposal
from cairn.llm.caller import Caller
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.platform.clock import Deadline


class ModelPort(Protocol):
    """Whoever asks models; never takes longer than the deadline leaves, and never raises."""

    def tool(
        self, caller: Caller, ask: ToolAsk, fault_of: Callable[[ToolReply], str | None]
    ) -> Called[ToolReply]:
        """Asks for one call of a tool; the next provider, where a reply has a fault."""
        ...

    def choice(self, caller: Caller, ask: ChoiceAsk) -> Called[ChoiceReply]:
        """Asks for a choice among options."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """Who stands between cache and fallback, and how sure they must be.

    Attributes:
        tiers: `rules`, `choice`, `llm`, in the order in which they are asked.
        choice: the least probability, 0 to 1, with which an option is taken.
        llm: the least confidence, 0 to 1, with which a proposal is taken.
        prompt: the id of the prompt.
        models: the id of the `models` document.
    """

    tiers: tuple[Middle, ...] = ("rules",)
    choice: float = 0.6
    llm: float = 0.5
    prompt: str = "default"
    models: str = "default"

    def manner(self, tier: ModelTier) -> tuple[object, ...] | None:
        """How a model is asked: after whom, how sure it must be, and with what; None if never."""
        if tier not in self.tiers:
            return None
        before = self.tiers[: self.tiers.index(tier)]
        threshold = self.choice if tier == "choice" else self.llm
        return before, threshold, self.prompt, self.models


@dataclass(frozen=True, slots=True)
class Words[Doc, Case, Choice]:
    """A surface's words for models; all of them pure.

    Attributes:
        order: what a document says of the cascade.
        similar: what makes two cases alike to a model: ids and buckets, never a value.
        ask: what a model is told, and the tool that it must call; None: nothing to choose.
        read: what the model's output proposes.
        question: the candidates as a question, none of these among them; None as above.
        chosen: what the answer to it proposes.
    """

    order: Callable[[Doc], Order]
    similar: Callable[[Case], Mapping[str, JsonValue]]
    ask: Callable[[Case, Moment], ToolAsk | None]
    read: Callable[[Case, ToolReply], Proposal[Choice] | Fault]
    question: Callable[[Case, Moment], ChoiceAsk | None]
    chosen: Callable[[Case, ChoiceReply], Proposal[Choice] | Fault]


@dataclass(frozen=True, slots=True)
class Consulting[Doc, Case, Choice]:
    """What the model tiers of one request have in common.

    Attributes:
        workspace: who pays.
        subject: pseudonym of whoever asks, by which budgets count.
        document: which models there are.
        step: the step that a choice leads to.
    """

    models: ModelPort
    workspace: str
    subject: str
    document: ModelsDocument
    words: Words[Doc, Case, Choice]
    moment: Moment
    step: Callable[[Choice], str]

    def caller(self, deadline: Deadline, reserve_ms: float) -> Caller:
        """Who asks, with what time."""
        return Caller(self.workspace, self.subject, self.document, deadline, reserve_ms)
