"""What rolling back does to documents: everybody whom the rule concerns gets the control, for good.

What the rule left out, or would let go one day, goes with it: whoever fell through would get what
the rules behind it give, or the flag's default, and that may be the very variation that harms.
Conditions, prerequisites and filters stay, as they left everybody out alike.
"""

from datetime import datetime
from typing import Final

from cairn.experiments.model import ExperimentDocument
from cairn.flags.documents import FlagDocument, RuleDocument

LETTING_GO: Final = frozenset({"coverage", "ramp", "ranges", "from", "until", "sticky"})
"""What of a rule's document gives subjects something else than its split, now or one day."""


def switched_back(flag: FlagDocument, experiment: str, control: str) -> FlagDocument:
    """The flag with everybody of an experiment in its control.

    The same flag where that is so already, and where no rule is the experiment's any more.
    """
    rules = tuple(
        _in_control(rule, control) if rule.experiment == experiment and rule.split else rule
        for rule in flag.rules
    )
    return flag if rules == flag.rules else flag.model_copy(update={"rules": rules})


def concluded(experiment: ExperimentDocument, at: datetime) -> ExperimentDocument:
    """The experiment, over at an instant; the same where it was over before."""
    if experiment.started is None or experiment.ends is None or not experiment.started < at:
        return experiment
    return experiment if experiment.ends <= at else experiment.model_copy(update={"until": at})


def _in_control(rule: RuleDocument, control: str) -> RuleDocument:
    """The rule with its control for all; an equal one where that is so already.

    An assignment that was kept goes before the namespace, so that whoever has one may lie outside.
    """
    split = rule.split or {}
    if control not in split:
        return rule
    dropped = LETTING_GO | {"namespace"} if rule.sticky else LETTING_GO
    written = rule.model_dump(exclude_unset=True, by_alias=True)
    kept = {name: value for name, value in written.items() if name not in dropped}
    everybody = {name: float(name == control) for name in split}
    return RuleDocument.model_validate({**kept, "split": everybody})
