"""A sticky bucket service in memory: what evaluations assigned, kept for the next ones."""

from collections.abc import Iterable

from cairn.flags.model import Assignment, Sticky
from cairn.flags.sticky import kept_under


def to_keep(assignments: Iterable[Assignment]) -> dict[str, dict[str, str]]:
    """What is to be kept of assignments; those of rules that are not sticky are left out."""
    kept: dict[str, dict[str, str]] = {}
    for each in assignments:
        if each.keep:
            kept.setdefault(kept_under(each.by, each.subject), {})[each.keep] = each.variation
    return kept


def merged(sticky: Sticky, kept: Sticky) -> dict[str, dict[str, str]]:
    """What was kept before with what is to be kept now."""
    return {
        subject: {**sticky.get(subject, {}), **kept.get(subject, {})}
        for subject in (*sticky, *(each for each in kept if each not in sticky))
    }
