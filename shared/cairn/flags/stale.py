"""Which flags should go: those past their day, and those that no longer decide anything."""

from datetime import datetime, timedelta
from typing import Final

from cairn.flags.documents import FlagDocument, RuleDocument
from cairn.flags.schedule import current, instants

EXPIRED: Final = "flag.expired"
"""The day has come by which it should be gone."""

SAME_FOR_ALL: Final = "flag.same_for_all"
"""It has given everybody the same for longer than it may."""


ANYWHERE: Final = ""
"""An environment that no flag names."""


def stale_reasons(flag: FlagDocument, now: datetime, changed: datetime | None) -> tuple[str, ...]:
    """Codes of why a flag should go; none where it should not, or is put away already.

    Args:
        flag: as it is published.
        now: the present.
        changed: when it was last changed, as far as that is known.
    """
    if flag.archived:
        return ()
    found = {
        EXPIRED: flag.expires is not None and flag.expires <= now,
        SAME_FOR_ALL: changed is not None and _is_idle(flag, now, changed),
    }
    return tuple(code for code, holds in found.items() if holds)


def gives_all_the_same(flag: FlagDocument, now: datetime) -> bool:
    """Whether a flag gives everybody one variation; a rollout that has come to its end does."""
    if any(enabled != flag.enabled for enabled in flag.environments.values()):
        return False
    rules = current(flag, now, ANYWHERE).rules
    if not flag.enabled or not rules:
        return True
    return not flag.prerequisites and _takes_all(rules[0])


def _is_idle(flag: FlagDocument, now: datetime, changed: datetime) -> bool:
    since = max([changed, *(each for each in instants(flag) if each <= now)])
    return gives_all_the_same(flag, now) and since + timedelta(days=flag.stale_after_days) <= now


def _takes_all(rule: RuleDocument) -> bool:
    limits = (rule.when, rule.prerequisites, rule.ranges, rule.namespace, rule.filters)
    return rule.coverage == 1 and not any(limits) and len(_served(rule)) == 1


def _served(rule: RuleDocument) -> set[str]:
    if rule.split is None:
        return {str(rule.variation)}
    return {name for name, weight in rule.split.items() if weight > 0}
