"""What notes and reasons say, by their codes, which never change."""

from collections.abc import Mapping
from typing import Final

from cairn.experiments.results import Note, Reason

SENTENCES: Final[Mapping[str, str]] = {
    # What the sums of a metric can't tell.
    "too_few_subjects": "An arm has too few subjects to tell anything.",
    "no_denominator": "Nothing was counted in the denominator of an arm.",
    "no_variance": "All subjects of both arms did the same, so that nothing can be told apart.",
    "not_finite": "The sums are too large or too small to compute with.",
    "sums_disagree": "The sums contradict each other: squares are less than they must be.",
    "baseline_uncertain": (
        "The control's mean is too close to zero to tell a lift: only the difference is given."
    ),
    # How a metric should be read.
    "variance_borrowed": (
        "All subjects of one arm did the same; it is judged with the variance of both arms."
    ),
    "few_conversions": (
        "In both arms together too few converted, or too few did not: intervals are rough, and "
        "nothing is decided yet."
    ),
    "cuped_not_for_durations": (
        "A duration begins with the exposure, so nobody has one from before it: CUPED has nothing "
        "to adjust it by."
    ),
    "cuped_no_past": "The time before says nothing about this metric: it is not adjusted.",
    "cuped_not_followed": (
        "The time before says nothing about this metric: it is not adjusted. As it is published "
        "now, it is followed since {since}; what came before is missing, unless "
        "`cairn backfill {experiment}` has added it from the archive."
    ),
    "bayesian_peeking": (
        "Probabilities are not protected against frequent looks: a prior of usual effects makes "
        "them cautious, but a winner that is shipped at the first good look often is not one."
    ),
    "metric_changed": (
        "What this metric counts was changed, or it was added, at {at}, while the experiment ran: "
        "subjects who have not returned since count as before. Remove it, or start another "
        "experiment."
    ),
    # How the experiment should be read.
    "peeking": (
        "These intervals are valid once, at the planned end. Whoever stops at the first good look "
        "before then is wrong far more often than promised."
    ),
    "sequential_asymptotic": (
        "Sequential intervals are asymptotic: they promise little for so few subjects."
    ),
    "many_crossovers": (
        "{share:.1%} of all subjects saw more than one variation and are left out; they may differ "
        "from the others."
    ),
    "exposed_without_weight": "Subjects were exposed to an arm whose weight is zero.",
    "redesigned": (
        "The split changed {times} times while the experiment ran, most recently at {last}: the "
        "arms hold subjects of several designs, and are compared with the last one."
    ),
    "replanned": (
        "The plan was changed while the experiment ran ({parts}; most recently at {at}): who "
        "decides what to measure after a look finds more than is there."
    ),
    "interrupted": (
        "It was unpublished at {at}, while it ran: subjects who were first exposed before it came "
        "back are missing, and so is what the others did meanwhile, in all arms alike."
    ),
    "told_by_clients": (
        "Clients report who saw what, and whoever has a publishable key can make that up: the "
        "experiment is never rolled back automatically."
    ),
    # Why a verdict is what it is.
    "sample_ratio_mismatch": "The sizes of the arms do not match the design.",
    "sample_ratio_mismatch_in_segment": (
        "Among {dimension} {value}, the sizes of the arms do not match the design."
    ),
    "sums_untrusted": "The sums of a metric cannot be right.",
    "guardrail_breached": "It loses more than the accepted margin.",
    "goal_worse": "It is shown to be worse.",
    "no_effect_worth_it": "It is shown to gain less than the minimum effect.",
    "ended_unclear": "The planned end is reached, and nothing can be shipped.",
    "goal_better": "It is shown to be better.",
    "guardrails_hold": "No guardrail loses more than the accepted margin.",
    "guardrail_open": "A loss beyond the accepted margin is not ruled out yet.",
    "not_significant": "Nothing is certain yet, either way.",
}


def note(code: str, **values: object) -> Note:
    """A note with its sentence."""
    return Note(code=code, text=SENTENCES[code].format(**values))


def reason(
    code: str, *, metric: str | None = None, variation: str | None = None, **values: object
) -> Reason:
    """A reason with its sentence."""
    text = SENTENCES[code].format(**values)
    return Reason(code=code, text=text, metric=metric, variation=variation)
