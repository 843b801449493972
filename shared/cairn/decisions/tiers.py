"""The tiers that ask nobody: cache, rules, fallback, and one that is not there."""

from dataclasses import dataclass, field

from cairn.decisions.finding import Finding, Pass, Source
from cairn.decisions.plan_cache import PlanCache
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


@dataclass(frozen=True, slots=True)
class Absent[Case, Choice]:
    """A tier that a document names and nothing published makes possible."""

    source: Source

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:  # noqa: ARG002  # the port's words
        """See `Tier.find`."""
        return Pass("not_configured")


class Ruled[Doc, Case: OfWorkspace, Choice]:
    """The rules as a tier of one request, which reads them once, whoever asks."""

    source: Source = "rules"

    def __init__(self, surface: Surface[Doc, Case, Choice]) -> None:
        self._surface = surface
        self._said: Finding[Choice] | Pass | None = None

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:  # noqa: ARG002  # pure
        """See `Tier.find`."""
        if self._said is None:
            self._said = self._surface.rules(case)
        return self._said


@dataclass(frozen=True, slots=True)
class Recall[Doc, Case: OfWorkspace, Choice]:
    """The cache as a tier of one request.

    What a model said of a similar case is only looked for where no rule decides: the rules read
    more of this case than makes it similar to another one.

    Attributes:
        exact: the key of what rules say where they read the same.
        similar: the key of what models said of similar cases, where models are asked.
        rules: set where rules stand before the models.
    """

    plans: PlanCache[Doc, Case, Choice]
    exact: str
    similar: str | None = None
    rules: Ruled[Doc, Case, Choice] | None = None
    source: Source = field(default="cache", init=False)

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:
        """See `Tier.find`."""
        kept = self.plans.at_hand(self.exact)
        if kept is not None or self.similar is None:
            return kept or self.plans.look([self.exact], deadline)
        ruled = self.rules is not None and isinstance(self.rules.find(case, deadline), Finding)
        keys = [self.exact] if ruled else [self.exact, self.similar]
        return self.plans.look(keys, deadline)
