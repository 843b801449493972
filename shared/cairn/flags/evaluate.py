"""What a flag is for one subject: pure, over compiled flags."""

from typing import Final

from pydantic import JsonValue

from cairn.conditions.model import Attributes
from cairn.flags.compiled import Flag, Prerequisite, Share
from cairn.flags.model import Assignment, Evaluation, Forced, Sticky
from cairn.flags.placing import draws, subject_of
from cairn.flags.sticky import NOTHING_KEPT

NOTHING_FORCED: Final[Forced] = {}
type Known = dict[str, JsonValue]
"""The values of prerequisites, by flag, so that each is looked at once."""


def evaluate(
    flag: Flag,
    context: Attributes,
    *,
    sticky: Sticky = NOTHING_KEPT,
    forced: Forced = NOTHING_FORCED,
    known: Known | None = None,
) -> Evaluation:
    """Evaluates a flag by the first of its rules that concerns the subject.

    Args:
        flag: the flag, of a ruleset for this instant and environment.
        context: what is known of the subject.
        sticky: what subjects were assigned before; see `cairn.flags.sticky`.
        forced: variations that are served whatever the hash says, by experiment; who is forced
            has no assignment.
        known: what prerequisites gave the same subject so far; filled with what they give now.

    Raises:
        TargetingKeyMissing: a rule that would decide must place the subject by the targeting
            key, and there is none.
    """
    held: tuple[Assignment, ...] = ()
    for rule in flag.rules:
        if rule.requires:
            known = {} if known is None else known
            unmet = _unmet(rule.requires, context, sticky, forced, known)
            if unmet is not None and unmet.gate:
                return flag.closed
            if unmet is not None:
                continue
        concerns = rule.concerns
        if concerns is not None and not concerns(context):
            continue
        if rule.filters and not _passes(rule.filters, context):
            continue
        place = rule.place
        decided = rule.outcome if place is None else place(context, sticky, forced)
        if decided is None:
            continue
        if not rule.holdout or decided.variant not in rule.holdout:
            return decided._replace(held=held) if held else decided
        assignment = decided.assignment
        held += () if assignment is None else (assignment,)
    return flag.otherwise._replace(held=held) if held else flag.otherwise


def _unmet(
    requires: tuple[Prerequisite, ...],
    context: Attributes,
    sticky: Sticky,
    forced: Forced,
    known: Known,
) -> Prerequisite | None:
    for each in requires:
        if each.flag not in known:
            known[each.flag] = (
                None
                if each.parent is None
                else evaluate(each.parent, context, sticky=sticky, forced=forced, known=known).value
            )
        if not each.holds({"value": known[each.flag]}):
            return each
    return None


def _passes(filters: tuple[Share, ...], context: Attributes) -> bool:
    return all(draws(each, subject_of(each.read(context))) for each in filters)
