"""Places subjects by hashing: who gets what of a rule's variations."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from pydantic import JsonValue

from cairn.conditions.model import Attributes
from cairn.flags.compiled import Decide, Placement, Share
from cairn.flags.model import TARGETING_KEY, Evaluation, Forced, Sticky
from cairn.flags.sticky import kept_under
from cairn.platform.errors import InvalidRequest
from cairn.platform.json_numbers import ecmascript, holds

NOTHING_KNOWN: Final[Mapping[str, str]] = {}

_new: Final = tuple.__new__
"""Makes an answer without the `__new__` of its class, which would take as long as a hash."""


class TargetingKeyMissing(InvalidRequest):
    """A rule must place the subject, and the context does not say who that is."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(
            f"The rule {rule_id!r} needs a {TARGETING_KEY}.", code="flags.targeting_key_missing"
        )


def placing(placement: Placement) -> Decide:
    """What places subjects as `placement` says.

    The common case stands in a closure: somebody with an id, without a past, not forced.
    """
    if placement.within is not None:
        return partial(_considered, placement)
    experiment, by, read, place = (
        placement.experiment,
        placement.by,
        placement.read,
        placement.place,
    )
    key, keep = (experiment.key, experiment.keep) if experiment else ("", "")
    arms = [(start, end, outcome[:6]) for start, end, outcome in placement.arms]

    def decide(context: Attributes, sticky: Sticky, forced: Forced) -> Evaluation | None:
        subject = read(context)
        if type(subject) is not str or not subject or sticky or forced:
            return _considered(placement, context, sticky, forced)
        bucket = place(subject)
        for start, end, head in arms:
            if start <= bucket < end:
                placed = (key, keep, by, subject, False) if key else None
                return _new(Evaluation, head + (bucket, placed, ()))  # noqa: RUF005  # faster
        return None

    return decide


def subject_of(value: JsonValue) -> str:
    """The text that a hash attribute's value is placed by; empty where it identifies nobody.

    As in JavaScript's SDK: texts, and numbers but 0 as its `String` writes them.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return ecmascript(value) if value and holds(value) else ""


def draws(share: Share, subject: str) -> bool:
    """Whether a share of all subjects has this one."""
    if not subject:
        return False
    position = share.place(subject)
    return any(start <= position < end for start, end in share.ranges)


def _considered(
    placement: Placement, context: Attributes, sticky: Sticky, forced: Forced
) -> Evaluation | None:
    """Places a subject: as forced, as before, or by hashing."""
    experiment = placement.experiment
    if experiment is not None and experiment.key in forced:
        return _named(placement, forced[experiment.key])
    by, subject = placement.by, subject_of(placement.read(context))
    if not subject:
        by, subject = placement.fallback_by, _fallback(placement, context)
    if not subject:
        return None
    known = _known(placement, by, subject, sticky, context)
    if experiment is not None and not known.keys().isdisjoint(experiment.blocked):
        return None
    kept = _named(placement, known.get(experiment.keep, "")) if experiment else None
    bucket = placement.place(subject)
    outcome = _drawn(placement, subject, bucket) if kept is None else kept
    if outcome is None or experiment is None:
        return outcome and outcome._replace(bucket=bucket)
    placed = (experiment.key, experiment.keep, by, subject, kept is not None)
    return outcome._replace(bucket=bucket, placed=placed)


def _fallback(placement: Placement, context: Attributes) -> str:
    subject = "" if placement.fallback is None else subject_of(placement.fallback(context))
    if not subject and placement.needed:
        raise TargetingKeyMissing(placement.arms[0].outcome.rule_id or "")
    return subject


def _known(
    placement: Placement, by: str, subject: str, sticky: Sticky, context: Attributes
) -> Mapping[str, str]:
    """What the subject was assigned before; what its fallback was assigned counts less."""
    if not sticky or placement.experiment is None or not placement.experiment.keep:
        return NOTHING_KNOWN
    own = sticky.get(kept_under(by, subject), NOTHING_KNOWN)
    if placement.fallback is None:
        return own
    fallback = kept_under(placement.fallback_by, subject_of(placement.fallback(context)))
    return {**sticky.get(fallback, NOTHING_KNOWN), **own}


def _drawn(placement: Placement, subject: str, bucket: float) -> Evaluation | None:
    if placement.within is not None and not draws(placement.within, subject):
        return None
    for start, end, outcome in placement.arms:
        if start <= bucket < end:
            return outcome
    return None


def _named(placement: Placement, variation: str) -> Evaluation | None:
    outcomes = (arm.outcome for arm in placement.arms)
    return next((each for each in outcomes if each.variant == variation), None)
