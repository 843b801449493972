"""What a flag's document says at one instant, in one environment.

Schedules and ramps are steps: between two of their instants nothing changes. So they are resolved
once per step, into a document without them, and evaluation knows no clock.
"""

from collections.abc import Iterator
from datetime import datetime

from cairn.flags.documents import FlagDocument, RuleDocument


def current(flag: FlagDocument, now: datetime, environment: str) -> FlagDocument:
    """The flag without schedules, ramps and environments: the same object where it has none."""
    enabled = flag.enabled and flag.environments.get(environment, True)
    rules = tuple(_current(rule, now) for rule in flag.rules if _applies(rule, now))
    if enabled == flag.enabled and all(map(_same, rules, flag.rules)) and not _drops(rules, flag):
        return flag
    return flag.model_copy(update={"enabled": enabled, "rules": rules})


def instants(flag: FlagDocument) -> Iterator[datetime]:
    """Every instant at which the flag may change by itself, in no order."""
    for rule in flag.rules:
        yield from (each for each in (rule.starts, rule.until) if each is not None)
        yield from (step.at for step in rule.ramp)


def _applies(rule: RuleDocument, now: datetime) -> bool:
    begun = rule.starts is None or rule.starts <= now
    return begun and (rule.until is None or now < rule.until)


def _current(rule: RuleDocument, now: datetime) -> RuleDocument:
    reached = [step.coverage for step in rule.ramp if step.at <= now]
    return rule.model_copy(update={"coverage": reached[-1]}) if reached else rule


def _same(one: RuleDocument, other: RuleDocument) -> bool:
    return one is other


def _drops(rules: tuple[RuleDocument, ...], flag: FlagDocument) -> bool:
    return len(rules) != len(flag.rules)
