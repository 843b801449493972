"""What an experiment comes to: from sums to a verdict with its reasons."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cairn.experiments.arms import Arm, MetricSums
from cairn.experiments.model import (
    Analysis,
    ExperimentDocument,
    Guardrail,
    Method,
    MetricDocument,
    MetricType,
)
from cairn.experiments.notes import SENTENCES, note
from cairn.experiments.results import ExperimentResult
from cairn.experiments.statistics.analysis import Experiment, analyse

STARTED = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = STARTED + timedelta(days=7)
OVER = STARTED + timedelta(days=40)


def metric(name: str, kind: MetricType = "proportion") -> MetricDocument:
    return MetricDocument(
        kind="metric",
        id=name,
        event="conversion.completed",
        type=kind,
        direction="down" if name == "errors" else "up",
    )


METRICS = {
    each.id: each
    for each in (
        metric("bought"),
        metric("spent", "mean"),
        metric("errors"),
        metric("took", "duration"),
    )
}


def experiment(
    method: Method = "sequential", *, guardrails: bool = True, goals: tuple[str, ...] = ("bought",)
) -> Experiment:
    document = ExperimentDocument(
        kind="experiment",
        id="checkout",
        hypothesis="Fewer fields, more orders.",
        flag="checkout",
        control="old",
        metrics=goals,
        guardrails=(Guardrail(metric="errors", margin=0.2),) if guardrails else (),
        analysis=Analysis(method=method, minimum_effect=0.05),
        started=STARTED,
        until=STARTED + timedelta(days=30),
    )
    return Experiment(document=document, metrics=METRICS, weights={"old": 1, "new": 1})


def arm(bought: float, subjects: int = 20_000, errors: int = 1_000) -> Arm:
    count = round(bought * subjects)
    spent = MetricSums(subjects, 10.0 * count, 150.0 * count)
    return Arm(
        exposed=subjects,
        metrics={
            "bought": MetricSums(subjects, count, count),
            "spent": spent,
            "errors": MetricSums(subjects, errors, errors),
        },
    )


def told(result: ExperimentResult) -> tuple[str, list[str]]:
    return result.verdict.word, [each.code for each in result.verdict.reasons]


def test_a_better_variation_whose_guardrails_hold_is_shipped() -> None:
    result = analyse(experiment(), {"old": arm(0.1), "new": arm(0.12)}, WEEK)
    assert told(result) == ("ship", ["goal_better", "guardrails_hold"])
    assert result.verdict.variation == "new"
    (goal,) = result.findings.goals
    assert goal.outcome == "better"
    assert goal.lift is not None
    assert goal.lift.low > 0
    assert goal.p is not None
    assert goal.p < 0.001


def test_of_several_the_one_that_gains_most_is_shipped() -> None:
    of = replace(experiment(), weights={"old": 1, "new": 1, "newer": 1})
    arms = {"old": arm(0.1), "new": arm(0.12), "newer": arm(0.13)}
    assert analyse(of, arms, WEEK).verdict.variation == "newer"


def test_a_guardrail_that_may_suffer_is_waited_for() -> None:
    arms = {"old": arm(0.1, errors=40), "new": arm(0.12, errors=40)}
    result = analyse(experiment(), arms, WEEK)
    assert told(result) == ("keep running", ["goal_better", "guardrail_open"])


@pytest.mark.parametrize("method", ["sequential", "fixed", "bayesian"])
def test_a_guardrail_that_suffers_stops_at_any_look(method: Method) -> None:
    arms = {"old": arm(0.1), "new": arm(0.12, errors=1_500)}
    result = analyse(experiment(method), arms, WEEK)
    assert told(result) == ("stop", ["guardrail_breached"])
    assert result.verdict.reasons[0].metric == "errors"


def test_a_guardrail_breaks_also_where_the_control_has_none_of_it() -> None:
    arms = {"old": arm(0.1, errors=0), "new": arm(0.1, errors=200)}
    assert told(analyse(experiment(), arms, WEEK)) == ("stop", ["guardrail_breached"])


def test_what_is_worse_is_stopped() -> None:
    result = analyse(experiment(), {"old": arm(0.12), "new": arm(0.1)}, WEEK)
    assert told(result) == ("stop", ["goal_worse"])


def test_what_can_not_gain_enough_is_stopped() -> None:
    arms = {"old": arm(0.5, 900_000, 90_000), "new": arm(0.5, 900_000, 90_000)}
    assert told(analyse(experiment(), arms, WEEK)) == ("stop", ["no_effect_worth_it"])


def test_what_is_not_known_yet_keeps_running() -> None:
    of, arms = experiment(guardrails=False), {"old": arm(0.1), "new": arm(0.102)}
    assert told(analyse(of, arms, WEEK)) == ("keep running", ["not_significant"])
    assert told(analyse(of, arms, OVER)) == ("stop", ["ended_unclear"])


def test_lopsided_arms_are_not_trusted_whatever_they_show() -> None:
    arms = {"old": arm(0.1), "new": arm(0.13, 18_000)}
    assert told(analyse(experiment(), arms, WEEK)) == ("do not trust", ["sample_ratio_mismatch"])


def test_a_lopsided_segment_is_not_trusted_either() -> None:
    phones = {"old": {"device": {"phone": 9_000}}, "new": {"device": {"phone": 7_000}}}
    arms = {name: replace(arm(0.1), segments=counts) for name, counts in phones.items()}
    result = analyse(experiment(), arms, WEEK)
    assert told(result) == ("do not trust", ["sample_ratio_mismatch_in_segment"])
    assert "device phone" in result.verdict.reasons[0].text


@pytest.mark.parametrize("spent", [MetricSums(20_000, math.nan, 1), MetricSums(20_000, 9e6, 1)])
def test_sums_that_can_not_be_are_not_trusted(spent: MetricSums) -> None:
    broken = arm(0.12)
    broken = replace(broken, metrics={**broken.metrics, "spent": spent})
    of = experiment(goals=("bought", "spent"))
    result = analyse(of, {"old": arm(0.1), "new": broken}, WEEK)
    assert told(result) == ("do not trust", ["sums_untrusted"])
    json.loads(result.model_dump_json())


def test_few_conversions_decide_nothing() -> None:
    arms = {"old": arm(0.0, errors=0), "new": arm(0.0022, errors=0)}
    result = analyse(experiment(guardrails=False), arms, WEEK)
    assert result.findings.goals[0].outcome == "better"
    assert told(result) == ("keep running", ["few_conversions"])


def test_few_that_did_not_convert_decide_nothing_either() -> None:
    arms = {"old": arm(0.9978, errors=0), "new": arm(1.0, errors=0)}
    result = analyse(experiment(guardrails=False), arms, WEEK)
    assert result.findings.goals[0].outcome == "better"
    assert told(result) == ("keep running", ["few_conversions"])
    apart = {"old": arm(1.0, errors=0), "new": arm(0.0, errors=0)}
    assert told(analyse(experiment(guardrails=False), apart, WEEK)) == ("stop", ["goal_worse"])


def test_a_guardrail_of_few_conversions_does_not_hold_yet() -> None:
    arms = {"old": arm(0.1, 20_000, errors=45), "new": arm(0.12, 20_000, errors=0)}
    result = analyse(experiment(), arms, WEEK)
    (guardrail,) = result.findings.guardrails
    assert guardrail.guardrail is not None
    assert guardrail.guardrail.state == "holds"
    assert told(result) == ("keep running", ["goal_better", "guardrail_open"])


def test_a_fixed_horizon_is_asked_at_its_end() -> None:
    of, arms = experiment("fixed"), {"old": arm(0.1), "new": arm(0.12)}
    early = analyse(of, arms, WEEK)
    assert told(early) == ("keep running", ["peeking"])
    assert "peeking" in {each.code for each in early.findings.notes}
    assert told(analyse(of, arms, OVER))[0] == "ship"


def test_a_fixed_horizon_without_an_end_waits_for_its_subjects() -> None:
    of = experiment("fixed", guardrails=False)
    endless = replace(of, document=of.document.model_copy(update={"until": None}))
    needed = analyse(endless, {"old": arm(0.1), "new": arm(0.12)}, WEEK).findings.outlook
    assert needed.minimum_subjects is not None
    assert needed.subjects < needed.minimum_subjects
    enough = needed.minimum_subjects
    arms = {"old": arm(0.1, enough), "new": arm(0.12, enough)}
    assert told(analyse(endless, arms, WEEK))[0] == "ship"


def test_a_belief_decides_where_the_method_is_bayesian() -> None:
    arms = {"old": arm(0.1), "new": arm(0.12)}
    result = analyse(experiment("bayesian"), arms, WEEK)
    assert told(result)[0] == "ship"
    (goal,) = result.findings.goals
    assert goal.posterior is not None
    assert goal.posterior.low > 0
    assert goal.posterior.prior_sd == 0.3
    assert goal.p_adjusted is None


def test_many_goals_are_judged_together() -> None:
    arms = {"old": arm(0.1), "new": arm(0.11)}
    one = analyse(experiment(goals=("bought",)), arms, WEEK).findings.goals[0]
    two = analyse(experiment(goals=("bought", "spent")), arms, WEEK).findings.goals[0]
    assert one.p_adjusted == one.p
    assert two.p == one.p
    assert two.p_adjusted is not None
    assert one.p is not None
    assert two.p_adjusted >= one.p
    assert one.difference is not None
    assert two.difference is not None
    assert two.difference.level == 0.975
    assert two.difference.high > one.difference.high


def test_a_worse_second_goal_is_not_shipped() -> None:
    worse = arm(0.12)
    less = MetricSums(20_000, 12_000.0, 180_000.0)
    worse = replace(worse, metrics={**worse.metrics, "spent": less})
    result = analyse(experiment(goals=("bought", "spent")), {"old": arm(0.1), "new": worse}, WEEK)
    assert told(result) == ("keep running", ["goal_better", "goal_worse"])


def test_the_outlook_says_how_long_it_takes() -> None:
    ahead = analyse(experiment(), {"old": arm(0.1), "new": arm(0.1)}, WEEK).findings.outlook
    assert ahead.minimum_subjects is not None
    assert ahead.remaining_days == pytest.approx((ahead.minimum_subjects - 40_000) / 40_000 * 7)
    assert ahead.power is not None
    assert ahead.power < 0.8
    assert ahead.detectable_effect is not None
    assert ahead.detectable_effect > ahead.minimum_effect


def test_an_experiment_that_nobody_saw_says_so() -> None:
    result = analyse(experiment(), {}, STARTED)
    assert told(result) == ("keep running", ["few_conversions", "guardrail_open"])
    assert result.findings.goals[0].outcome == "undefined"
    assert result.findings.outlook.remaining_days is None


def test_who_saw_several_variations_is_told() -> None:
    old = replace(arm(0.1), crossed=1_000)
    result = analyse(experiment(), {"old": old, "new": arm(0.1), "gone": arm(0.1, 5)}, WEEK)
    assert result.findings.crossovers.share == pytest.approx(1_000 / 41_005)
    codes = {each.code for each in result.findings.notes}
    assert codes == {"many_crossovers", "exposed_without_weight"}
    assert {each.variation for each in result.findings.goals} == {"new"}


def test_cuped_and_its_limits_are_told() -> None:
    def known(sums: MetricSums) -> MetricSums:
        count = sums.sum
        return replace(
            sums, pre_sum=count, pre_sq=count, pre_cross=0.6 * count, pre_subjects=int(count)
        )

    arms = {name: arm(rate) for name, rate in (("old", 0.1), ("new", 0.11))}
    plain = analyse(experiment(), arms, WEEK).findings.goals[0]
    assert "cuped_no_past" in {each.code for each in plain.notes}
    with_past = {
        name: replace(each, metrics={**each.metrics, "bought": known(each.metrics["bought"])})
        for name, each in arms.items()
    }
    goal = analyse(experiment(), with_past, WEEK).findings.goals[0]
    assert goal.cuped is not None
    assert goal.cuped.variance_reduction == pytest.approx(0.55**2, abs=0.02)
    assert goal.control_arm == plain.control_arm
    took = analyse(experiment(goals=("took",)), arms, WEEK).findings.goals[0]
    assert "cuped_not_for_durations" in {each.code for each in took.notes}


def test_every_note_has_a_sentence() -> None:
    assert all(text.endswith(".") for text in SENTENCES.values())
    assert note("many_crossovers", share=0.0234).text.startswith("2.3%")
