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
        "The control's mean is too close to zero to tell a lift relative to it; the difference is "
        "told alone."
    ),
    # How a metric should be read.
    "variance_borrowed": (
        "All subjects of one arm did the same; it is judged with the variance of both arms."
    ),
    "few_conversions": (
        "Both arms together stand on too few conversions: intervals are rough, and nothing is "
        "decided yet."
    ),
    "cuped_not_for_ratios": "CUPED adjusts proportions and means only; this metric is as it was.",
    "cuped_no_past": "The time before tells nothing of this metric, so it is not adjusted.",
    "bayesian_peeking": (
        "Chances are not protected against looking often: with a prior of usual effects they are "
        "cautious, but a winner that is shipped at the first good look is often none."
    ),
    # How the experiment should be read.
    "peeking": (
        "These intervals are valid once, at the planned end. Whoever stops at the first good look "
        "before it is wrong far more often than promised."
    ),
    "sequential_asymptotic": (
        "Sequential intervals are asymptotic: they promise little of so few subjects."
    ),
    "many_crossovers": (
        "{share:.1%} of all subjects saw more than one variation and are left out; whoever is left "
        "out may differ from the others."
    ),
    "exposed_without_weight": "Subjects were exposed to an arm whose weight is zero.",
    "redesigned": (
        "Who is split how was changed {times} times while it ran, last seen at {last}: the arms "
        "hold subjects of several designs, and are held against the last one."
    ),
    # Why a verdict is what it is.
    "sample_ratio_mismatch": "Arms are not as large, beside each other, as they were designed.",
    "sample_ratio_mismatch_in_segment": (
        "Among {dimension} {value}, arms are not as large as they were designed."
    ),
    "sums_untrusted": "Sums of a metric can't be right.",
    "guardrail_breached": "It loses more than was accepted.",
    "goal_worse": "It is shown to be worse.",
    "no_effect_worth_it": "It is shown to gain less than the minimum effect.",
    "ended_unclear": "The planned end is reached, and nothing can be shipped.",
    "goal_better": "It is shown to be better.",
    "guardrails_hold": "No guardrail suffers more than was accepted.",
    "guardrail_open": "A loss larger than accepted is not ruled out yet.",
    "not_significant": "Nothing is shown yet, either way.",
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
