"""The words of experiments: metrics and experiments as they are written in configuration."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from cairn.events.model import AttributeName, EventType, Instant

LONGEST_WINDOW_HOURS: Final = 30 * 24
"""A conversion may be this long after the first exposure."""

LONGEST_RUN: Final = timedelta(days=180)
"""How long an experiment takes in subjects at most, and where nothing is said of its end: long
enough for a holdout of half a year."""

LATEST_START: Final = datetime(9_000, 1, 1, tzinfo=UTC)
"""No experiment starts later: its run and its windows must end within the calendar."""

MEASURED: Final = 10
"""Metrics of one experiment, its guardrails among them: their sums are changed all at once."""

RUNNING: Final = 7
"""Experiments of a workspace that may go on at the same time: one event may concern them all, and
what it changes is written in one transaction."""

VARIATIONS: Final = 10
DIMENSIONS: Final = 4

type Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,53}$")]
"""Fits into the name of an attribute, behind `variation.`."""

type MetricType = Literal["proportion", "mean", "ratio", "duration"]
"""proportion  the share of subjects who did it at least once
mean        how much of it there was for each subject; 0 for those who did not
ratio       how much of it there was for each of something else
duration    how long it took those who did it, milliseconds
"""

type Direction = Literal["up", "down"]
"""Where better is."""

type Method = Literal["sequential", "fixed", "bayesian"]
type Correction = Literal["holm", "benjamini-hochberg", "none"]
type When = dict[str, JsonValue]
"""A condition on an event's attributes, in the language of `cairn.conditions`."""


class Part(BaseModel):
    """Whatever these documents are made of: frozen, and closed to unknown keys."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Measure(Part):
    """Which events are counted, and what of them.

    Attributes:
        event: their type.
        where: a condition on their attributes; all of them, where it is absent.
        value: the attribute that holds a number; each event is 1, where it is absent.
    """

    event: EventType
    where: When = {}
    value: AttributeName | None = None


class MetricDocument(Measure):
    """A metric that experiments are judged by.

    Attributes:
        type: what is made of the events.
        value: as in `Measure`; of a duration the attribute in milliseconds or, where it is
            absent, the time from the first exposure to the event.
        denominator: of a ratio, what its events are divided by.
        window_hours: how long after the first exposure events count; a few seconds at least.
        cap: no subject counts for more than this (winsorizing); of a duration in milliseconds.
        direction: where better is.
    """

    kind: Literal["metric"]
    id: Identifier
    description: str = ""
    owner: str = ""
    type: MetricType
    denominator: Measure | None = None
    window_hours: Annotated[float, Field(ge=0.001, le=LONGEST_WINDOW_HOURS)] = 72
    cap: Annotated[float, Field(ge=1e-6, le=LONGEST_WINDOW_HOURS * 3_600_000)] | None = None
    direction: Direction = "up"


class Guardrail(Part):
    """What an experiment must not make worse.

    Attributes:
        margin: the share of the control's value that may be lost before it counts as worse,
            always positive, whichever direction is better.
    """

    metric: Identifier
    margin: Annotated[float, Field(gt=0, lt=1)]


class Analysis(Part):
    """How results are computed.

    Attributes:
        alpha: how often a difference may be seen where there is none.
        cuped: whether what subjects did before takes noise away.
        correction: what keeps many metrics from finding something by chance.
        minimum_effect: the relative difference that is worth finding.
        power: how surely it is to be found.
    """

    method: Method = "sequential"
    alpha: Annotated[float, Field(ge=0.001, le=0.2)] = 0.05
    cuped: bool = True
    correction: Correction = "holm"
    minimum_effect: Annotated[float, Field(gt=0, le=1)] = 0.05
    power: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8


def _ends_in_time(started: datetime) -> datetime:
    if started > LATEST_START:
        raise ValueError(f"an experiment starts in the year {LATEST_START.year} at the latest")
    return started


class ExperimentDocument(Part):
    """An experiment: a flag's rule of the same name splits subjects, metrics judge.

    Attributes:
        id: what the flag's rule names as its `experiment`.
        hypothesis: what is expected, and why; in one sentence.
        owner: who answers for it.
        flag: whose rule splits the subjects.
        control: the variation that the others are compared with.
        metrics: what is to get better; the first one decides.
        guardrails: what must not get worse.
        dimensions: of the workspace's telemetry; exposed subjects are counted by their values, so
            that a lopsided split is seen where it is.
        analysis: how results are computed.
        rollback: whether a broken guardrail or a lopsided split switches the flag back by itself.
        started: from when on exposures count; as long as it is absent, nothing does. What happens
            between the publication of a start and the start itself is the time before, for CUPED.
        until: when the last subject is taken in; conversions count until their windows are over.
    """

    kind: Literal["experiment"]
    id: Identifier
    hypothesis: Annotated[str, Field(min_length=1, max_length=1_000)]
    owner: str = ""
    flag: Annotated[str, Field(min_length=1, max_length=128)]
    control: Annotated[str, Field(min_length=1, max_length=64)]
    metrics: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=MEASURED)]
    guardrails: Annotated[tuple[Guardrail, ...], Field(max_length=MEASURED)] = ()
    dimensions: Annotated[tuple[str, ...], Field(max_length=DIMENSIONS)] = ()
    analysis: Analysis = Analysis()
    rollback: bool = False
    started: Annotated[Instant, AfterValidator(_ends_in_time)] | None = None
    until: Instant | None = None

    @property
    def measured(self) -> tuple[str, ...]:
        """Every metric that is counted, each once; those to improve first."""
        return tuple(dict.fromkeys((*self.metrics, *(each.metric for each in self.guardrails))))

    @property
    def ends(self) -> datetime | None:
        """When the last subject is taken in; None as long as it has no beginning."""
        if self.started is None:
            return None
        latest = self.started + LONGEST_RUN
        return latest if self.until is None else min(self.until, latest)
