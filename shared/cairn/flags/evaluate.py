"""What a flag is for one subject: pure, over compiled flags."""

from pydantic import JsonValue

from cairn.conditions.model import Attributes
from cairn.flags.bucketing import bucket_from, choose
from cairn.flags.compile import Flag, Placement, Rule, Variation
from cairn.flags.model import TARGETING_KEY, Evaluation, Reason
from cairn.platform.errors import InvalidRequest


class TargetingKeyMissing(InvalidRequest):
    """A rule must place the subject, and the context does not say who that is."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(
            f"The rule {rule_id!r} needs a {TARGETING_KEY}.", code="flags.targeting_key_missing"
        )


def evaluate(flag: Flag, context: Attributes) -> Evaluation:
    """Evaluates a flag by the first of its rules that concerns the subject.

    Raises:
        TargetingKeyMissing: a rule that would decide must place the subject by the targeting
            key, and there is none.
    """
    if not flag.enabled:
        return _evaluation(flag, flag.default, Reason.DISABLED)
    for rule in flag.rules:
        if rule.concerns(context):
            variation = _served(rule, context)
            if variation is not None:
                reason = Reason.SPLIT if rule.placement else Reason.TARGETING_MATCH
                return _evaluation(flag, variation, reason, rule.id)
    return _evaluation(flag, flag.default, Reason.DEFAULT if flag.rules else Reason.STATIC)


def subject_of(value: JsonValue) -> str:
    """The text that a hash attribute's value is placed by; empty where it identifies nobody."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _served(rule: Rule, context: Attributes) -> Variation | None:
    if rule.placement is None:
        return rule.variations[0]
    subject = _placed_subject(rule.id, rule.placement, context)
    if not subject:
        return None
    index = choose(bucket_from(rule.placement.seed_hash, subject), rule.placement.ranges)
    return None if index is None else rule.variations[index]


def _placed_subject(rule_id: str, placement: Placement, context: Attributes) -> str:
    subject = subject_of(placement.read(context))
    if not subject and placement.by_targeting_key:
        raise TargetingKeyMissing(rule_id)
    return subject


def _evaluation(
    flag: Flag, variation: Variation, reason: Reason, rule_id: str | None = None
) -> Evaluation:
    return Evaluation(
        flag=flag.id,
        value=variation.value,
        variant=variation.name,
        reason=reason,
        rule_id=rule_id,
        flag_version=flag.version,
    )
