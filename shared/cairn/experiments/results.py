"""The words of a result: what is known of an experiment, and what may be believed of it.

Lifts, margins and losses are shares of the control's mean: 0.05 is 5%. Chances and p values are 0
to 1. What can't be told is null, and a note says why.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cairn.experiments.model import Correction, Direction, Method, MetricType

type Outcome = Literal["better", "worse", "unclear", "undefined"]
"""Whether a variation is shown to differ; undefined where the sums tell nothing."""

type GuardrailState = Literal["holds", "breached", "open"]

type VerdictWord = Literal["keep running", "ship", "stop", "do not trust"]

type Chance = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Whatever results are made of: frozen, closed to unknown keys, finite."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Note(Part):
    """One thing that a reader should know.

    Attributes:
        code: stable; see `cairn.experiments.notes`.
        text: the same in a sentence.
    """

    code: str
    text: str


class Effect(Part):
    """A variation against its control, with its interval.

    Attributes:
        value: the difference in the metric's unit, or the lift.
        low: the interval's lower end.
        high: its upper end.
        level: the chance that the interval holds the truth, such as 0.95; for a sequential one,
            that all of them do, however often one looks. Above 1 - alpha where many questions
            are asked at once.
    """

    value: float
    low: float
    high: float
    level: Chance


class Posterior(Part):
    """What to believe of the lift, or of the difference where there is no lift.

    Attributes:
        chance_to_win: that the variation is better than the control.
        loss_if_shipped: what shipping costs on average where the variation is worse, times the
            chance of that; 0 or more.
        loss_if_kept: what keeping the control costs where the variation is better, the same way.
        mean: of the normal posterior.
        low: the lower end of the credible interval.
        high: its upper end.
        prior_sd: standard deviation of the prior, a normal about 0; null where it was flat.
    """

    chance_to_win: Chance
    loss_if_shipped: Annotated[float, Field(ge=0)]
    loss_if_kept: Annotated[float, Field(ge=0)]
    mean: float
    low: float
    high: float
    prior_sd: Annotated[float, Field(gt=0)] | None


class Cuped(Part):
    """What the time before the experiment contributed.

    Attributes:
        theta: how much more a subject has now for one more before.
        variance_reduction: share of the variance that is gone; as if there were 1/(1 - share) times
            the subjects.
        seen_before: share of subjects of whom anything was counted in the time before.
    """

    theta: float
    variance_reduction: Chance
    seen_before: Chance


class Guardrail(Part):
    """Whether a metric that must not suffer does.

    Attributes:
        margin: the loss that is accepted, relative to the control.
        state: `holds` where a loss as large as the margin is ruled out (non-inferiority),
            `breached` where a larger one is shown, else `open`.
    """

    margin: Annotated[float, Field(ge=0)]
    state: GuardrailState


class ArmMean(Part):
    """A metric in one arm.

    Attributes:
        subjects: exposed ones.
        mean: of all of them, as it was counted; null where it is undefined.
        conversions: on how many the mean stands; for values that differ, how many equal ones
            would tell as much.
    """

    subjects: Annotated[int, Field(ge=0)]
    mean: float | None
    conversions: Annotated[float, Field(ge=0)]


class Quantile(Part):
    """A quantile of one arm's durations, in the metric's unit.

    Attributes:
        q: the share that lies below, such as 0.5.
        value: within 1% of the observed quantile.
        low: the interval's lower end; null where there are too few.
        high: its upper end.
    """

    variation: str
    q: Chance
    value: float
    low: float | None
    high: float | None


class MetricResult(Part):
    """One metric of one variation against the control.

    Attributes:
        cap: what a subject counts for at most, cut before the sums; null where it is not.
        outcome: by p; by the credible interval where the method is bayesian.
        p: the chance of such a difference or a larger one where there is none; for a sequential
            one, of ever seeing it.
        p_adjusted: the same for all goals and variations together; null without a correction.
        difference: the variation's mean less the control's.
        lift: the difference relative to the control's mean.
        posterior: by a normal approximation.
        cuped: null where the metric was not adjusted.
        guardrail: null for a goal.
        quantiles: of the control and of the variation, where durations were sketched.
    """

    metric: str
    variation: str
    type: MetricType
    direction: Direction
    cap: float | None = None
    control_arm: ArmMean
    variation_arm: ArmMean
    outcome: Outcome
    p: Chance | None = None
    p_adjusted: Chance | None = None
    difference: Effect | None = None
    lift: Effect | None = None
    posterior: Posterior | None = None
    cuped: Cuped | None = None
    guardrail: Guardrail | None = None
    quantiles: tuple[Quantile, ...] = ()
    notes: tuple[Note, ...] = ()


class SampleRatio(Part):
    """Whether the sizes of the arms match the design.

    Attributes:
        dimension: null where all subjects are meant.
        value: of the dimension.
        exposed: subjects by variation.
        p: χ² against the designed weights, adjusted for the number of segments; null for too few.
        deviation: the largest distance of an arm's share from its design, 0 to 1.
        mismatch: whether that is no chance: p below 0.001, and a deviation of 0.1% or more.
    """

    dimension: str | None
    value: str | None
    exposed: dict[str, int]
    p: Chance | None
    deviation: Chance
    mismatch: bool


class Outlook(Part):
    """What is still needed, by the first goal.

    Attributes:
        subjects: in all arms by now.
        minimum_effect: the lift that is planned for.
        minimum_subjects: in all arms, for the planned power at that lift; null where the control
            tells too little.
        power: the chance to show that lift with the subjects of now.
        detectable_effect: the lift that the subjects of now show with the planned power.
        remaining_days: at the traffic until now; null where there is none.
    """

    subjects: Annotated[int, Field(ge=0)]
    minimum_effect: Annotated[float, Field(gt=0)]
    minimum_subjects: Annotated[int, Field(ge=0)] | None
    power: Chance | None
    detectable_effect: float | None
    remaining_days: Annotated[float, Field(ge=0)] | None


class Crossovers(Part):
    """Subjects that saw more than one variation; they are in no other number.

    Attributes:
        subjects: how many.
        share: of all that were exposed.
    """

    subjects: Annotated[int, Field(ge=0)]
    share: Chance


class Findings(Part):
    """Everything that is known of an experiment.

    Attributes:
        at: when it was looked at.
        alpha: the chance of a false alarm that was asked for.
        goals: what should become better; the first metric decides.
        guardrails: what must not suffer. As they are watched at every look, their intervals are
            sequential, whatever the method of the goals.
        planned_end: whether the end that was planned is reached, with all conversions in.
    """

    at: datetime
    control: str
    method: Method
    alpha: Annotated[float, Field(gt=0, lt=1)]
    correction: Correction
    sample_ratio: SampleRatio
    segments: tuple[SampleRatio, ...] = ()
    crossovers: Crossovers
    goals: tuple[MetricResult, ...]
    guardrails: tuple[MetricResult, ...] = ()
    outlook: Outlook
    planned_end: bool
    notes: tuple[Note, ...] = ()


class Reason(Part):
    """Why a verdict is what it is.

    Attributes:
        code: stable; see `cairn.experiments.notes`.
        text: the same in a sentence.
        metric: null where the reason is about none.
        variation: null where it is about all.
    """

    code: str
    text: str
    metric: str | None = None
    variation: str | None = None


class Verdict(Part):
    """What to do.

    Attributes:
        word: what.
        variation: which to ship; null unless `ship`.
        reasons: at least one.
    """

    word: VerdictWord
    variation: str | None = None
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1)]


class ExperimentResult(Part):
    """An experiment's findings and what they come to."""

    experiment: str
    verdict: Verdict
    findings: Findings
