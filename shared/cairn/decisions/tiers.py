"""The tiers that are pure: rules and fallback."""

from dataclasses import dataclass, field

from cairn.decisions.finding import Finding, Pass, Source
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.platform.clock import Deadline


@dataclass(frozen=True, slots=True)
class Rules[Doc, Case: OfWorkspace, Choice]:
    """The surface's rules as a tier."""

    surface: Surface[Doc, Case, Choice]
    source: Source = field(default="rules", init=False)

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:  # noqa: ARG002  # pure
        """See `Tier.find`."""
        return self.surface.rules(case)


@dataclass(frozen=True, slots=True)
class Fallback[Doc, Case: OfWorkspace, Choice]:
    """What always answers, as the last tier."""

    surface: Surface[Doc, Case, Choice]
    source: Source = field(default="fallback", init=False)

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:  # noqa: ARG002  # pure
        """See `Tier.find`."""
        return self.surface.fallback(case)
