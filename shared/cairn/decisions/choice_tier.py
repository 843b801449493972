"""The tier that lets a decision model choose among the candidates, or none of them."""

from dataclasses import dataclass, field

from cairn.decisions.finding import Finding, Pass, Source
from cairn.decisions.judging import Bar, failed, judged, too_late
from cairn.decisions.model_port import Consulting
from cairn.platform.clock import Deadline


@dataclass(frozen=True, slots=True)
class Choosing[Doc, Case, Choice]:
    """The candidates as a question, taken above a threshold.

    Only some providers answer such questions; without one the tier is skipped, and nothing is
    said to be missing: a flow may name the tier for the day when there is one.
    """

    consulting: Consulting[Doc, Case, Choice]
    bar: Bar
    source: Source = field(default="choice", init=False)

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:
        """See `Tier.find`."""
        consulting = self.consulting
        if not consulting.document.offering("decisions"):
            return Pass("no_capability")
        ask = consulting.words.question(case, consulting.moment)
        if ask is None:
            return Pass("no_candidates")
        if self.bar.late(deadline):
            return too_late()
        caller = consulting.caller(deadline, self.bar.reserve_ms(deadline))
        called = consulting.models.choice(caller, ask)
        if called.failure is not None or called.reply is None:
            return failed(called)
        read = consulting.words.chosen(case, called.reply)
        return judged(self.bar, consulting, called, read, called.reply.probabilities)
