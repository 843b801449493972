"""The tier that lets a model propose what is shown, by a strict tool call."""

from dataclasses import dataclass, field

from cairn.decisions.finding import Finding, Pass, Source
from cairn.decisions.judging import Bar, failed, judged, too_late
from cairn.decisions.model_port import Consulting
from cairn.decisions.proposal import Fault
from cairn.llm.model import ToolReply
from cairn.platform.clock import Deadline


@dataclass(frozen=True, slots=True)
class Proposing[Doc, Case, Choice]:
    """One tool call: validated, grounded in the candidates, taken above a threshold."""

    consulting: Consulting[Doc, Case, Choice]
    bar: Bar
    source: Source = field(default="llm", init=False)

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:
        """See `Tier.find`."""
        consulting = self.consulting
        ask = consulting.words.ask(case, consulting.moment)
        if ask is None:
            return Pass("no_candidates")
        if self.bar.late(deadline):
            return too_late()
        called = consulting.models.tool(
            consulting.caller(deadline, self.bar.reserve_ms(deadline)),
            ask,
            lambda reply: self._fault_of(case, reply),
        )
        if called.failure is not None or called.reply is None:
            return failed(called)
        return judged(self.bar, consulting, called, consulting.words.read(case, called.reply), {})

    def _fault_of(self, case: Case, reply: ToolReply) -> str | None:
        read = self.consulting.words.read(case, reply)
        return read.code if isinstance(read, Fault) else None
