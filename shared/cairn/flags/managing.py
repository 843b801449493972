"""What is done to a flag by a single word: document in, document out."""

from typing import Final

from cairn.flags.documents import FlagDocument, RuleDocument
from cairn.platform.errors import Unprocessable, Violation

PLACED_OTHERWISE: Final = {
    "ramp": "the rule's coverage follows its ramp",
    "ranges": "the rule's ranges say whom it concerns",
}
"""Fields that a rule's coverage yields to."""


def switched(flag: FlagDocument, *, enabled: bool, environment: str | None) -> FlagDocument:
    """The flag with its kill switch set, everywhere or in one environment."""
    if environment is None:
        return flag.model_copy(update={"enabled": enabled})
    environments = {**flag.environments, environment: enabled}
    return flag.model_copy(update={"environments": environments})


def archived(flag: FlagDocument, *, away: bool) -> FlagDocument:
    """The flag put away, or brought back."""
    return flag.model_copy(update={"archived": away})


def rolled_out(flag: FlagDocument, rule_id: str, coverage: float) -> FlagDocument:
    """The flag with another share of subjects in one of its rules.

    Raises:
        Unprocessable: there is no such rule, or its coverage has no effect.
    """
    for place, rule in enumerate(flag.rules):
        if rule.id == rule_id:
            _refuse_without_effect(rule, place)
            rules = list(flag.rules)
            rules[place] = rule.model_copy(update={"coverage": coverage})
            return flag.model_copy(update={"rules": tuple(rules)})
    names = ", ".join(rule.id for rule in flag.rules) or "none"
    raise _refused(f"there is no rule {rule_id!r}; there are: {names}", "/rule", "unknown_rule")


def _refuse_without_effect(rule: RuleDocument, place: int) -> None:
    for field, why in PLACED_OTHERWISE.items():
        if getattr(rule, field):
            raise _refused(f"{why}; replace the flag", f"/rules/{place}/{field}", "no_effect")


def _refused(detail: str, pointer: str, code: str) -> Unprocessable:
    violation = Violation(pointer, f"flag.{code}", detail)
    return Unprocessable("The flag is invalid.", code="flag.invalid", violations=[violation])
