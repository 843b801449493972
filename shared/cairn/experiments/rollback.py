"""What rolling back does to documents: everybody gets the control, and nobody else is taken in.

The rule stays as it is otherwise: whom it concerns, it concerns, so that nobody falls through to
the rules behind it.
"""

from datetime import datetime
from typing import Any

from cairn.experiments.model import ExperimentDocument
from cairn.flags.model import FlagDocument, RuleDocument


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
    split = {name: float(name == control) for name in rule.split or {}}
    if control not in split or rule.split == split:
        return rule
    changes: dict[str, Any] = {"split": split}  # Any: fields of several types
    if rule.ranges:
        starts, ends = zip(*rule.ranges.values(), strict=True)
        changes["ranges"] = {control: (min(starts), max(ends))}
    if rule.sticky:  # what was assigned before must not be kept
        changes["bucket_version"] = rule.bucket_version + 1
    return RuleDocument.model_validate(
        {**rule.model_dump(exclude_unset=True, by_alias=True), **changes}
    )
