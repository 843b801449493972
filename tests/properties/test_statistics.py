"""What statistics must do whatever the numbers are."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cairn.experiments.arms import Arm, MetricSums
from cairn.experiments.model import (
    Analysis,
    Correction,
    ExperimentDocument,
    Guardrail,
    Method,
    MetricDocument,
    MetricType,
)
from cairn.experiments.statistics.analysis import Experiment, analyse
from cairn.experiments.statistics.bayes import posterior
from cairn.experiments.statistics.contrast import Contrast, Pair, difference, lift, pair
from cairn.experiments.statistics.corrections import (
    CORRECTIONS,
    benjamini_hochberg,
    holm,
    interval_alpha,
)
from cairn.experiments.statistics.cuped import adjusted
from cairn.experiments.statistics.methods import Fixed, Sequential, interval
from cairn.experiments.statistics.srm import sample_ratio
from cairn.experiments.statistics.undefined import Undefined

NOW = datetime(2026, 11, 20, tzinfo=UTC)
METHODS = st.sampled_from([Fixed(), Sequential()])
P_VALUES = st.lists(st.floats(0, 1), max_size=8)
VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
ROWS = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=30)
CONTRASTS = st.builds(
    lambda value, error, n: Contrast(value, error, n - 2, n),
    st.floats(-10, 10),
    st.floats(0.01, 10),
    st.integers(4, 10**7) | st.integers(1_000, 10**7),
)
COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**7))
WEIGHTS = st.fixed_dictionaries(dict.fromkeys("abcd", st.floats(0.1, 10)))


def summed(rows: list[tuple[float, float]]) -> MetricSums:
    total = MetricSums()
    for y, x in rows:
        total += MetricSums(
            subjects=1,
            sum=y,
            sum_sq=y * y,
            pre_sum=x,
            pre_sq=x * x,
            pre_cross=x * y,
            pre_subjects=1,
        )
    return total


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    def arm() -> MetricSums:
        subjects, rate = draw(st.integers(2, 10**6)), draw(st.floats(0, 1))
        return MetricSums(subjects, round(subjects * rate), round(subjects * rate))

    control, variation = arm(), arm()
    assume(0 < control.sum + variation.sum < control.subjects + variation.subjects)
    return pair(control, variation, "proportion")


@settings(deadline=None)  # adds row by row
@given(rows=ROWS, cut=st.integers(0, 30), data=st.data())
def test_shards_merge_in_any_order(
    rows: list[tuple[float, float]], cut: int, data: st.DataObject
) -> None:
    parts = data.draw(st.permutations([summed(rows[:cut]), summed(rows[cut:]), MetricSums()]))
    merged = sum(parts, MetricSums())
    for name in MetricSums.__dataclass_fields__:
        whole = getattr(summed(rows), name)
        assert getattr(merged, name) == pytest.approx(whole, rel=1e-9, abs=1e-3)


@given(of=pairs(), method=METHODS)
def test_arms_that_swap_turn_the_difference_around(of: Pair, method: Sequential | Fixed) -> None:
    there, back = difference(of), difference(Pair(of.variation, of.control))
    assert back.value == pytest.approx(-there.value)
    assert method.p_value(back) == pytest.approx(method.p_value(there))
    low, high = interval(there, 0.05, method)
    assert interval(back, 0.05, method) == pytest.approx((-high, -low))


@given(one=ROWS, other=ROWS, power=st.integers(-40, 40), method=METHODS, cuped=st.booleans())
def test_units_change_neither_lifts_nor_chances(
    one: list[tuple[float, float]],
    other: list[tuple[float, float]],
    power: int,
    method: Sequential | Fixed,
    *,
    cuped: bool,
) -> None:
    unit = 2.0**power

    def compared(scale: float) -> tuple[Contrast, Contrast | None] | str:
        arms = {"one": scaled(summed(one), scale), "other": scaled(summed(other), scale)}
        used = adjusted(arms, "mean")[0] if cuped else arms
        try:
            of = pair(used["one"], used["other"], "mean")
        except Undefined as gap:
            return gap.code
        try:
            return difference(of), lift(of)
        except Undefined:
            return difference(of), None

    plain, in_unit = compared(1), compared(unit)
    if isinstance(plain, str) or isinstance(in_unit, str):
        assert plain == in_unit
        return
    assert in_unit[0].value == plain[0].value * unit
    assert method.p_value(in_unit[0]) == method.p_value(plain[0])
    assert in_unit[1] == plain[1]


def scaled(sums: MetricSums, unit: float) -> MetricSums:
    return replace(
        sums,
        sum=sums.sum * unit,
        sum_sq=sums.sum_sq * unit * unit,
        pre_cross=sums.pre_cross * unit,
    )


@given(of=CONTRASTS, alpha=st.floats(0.001, 0.5))
def test_looking_often_is_never_surer_than_looking_once(of: Contrast, alpha: float) -> None:
    """From 1,000 subjects on; of fewer, Student's t is the more careful one far out."""
    assume(of.subjects >= 1_000)
    once, often = interval(of, alpha, Fixed()), interval(of, alpha, Sequential())
    assert often[0] < once[0]
    assert once[1] < often[1]
    if Fixed().p_value(of) > 1e-6:
        assert Sequential().p_value(of) >= Fixed().p_value(of)


@given(of=CONTRASTS, alpha=st.floats(0.001, 0.5), method=METHODS)
def test_p_is_below_alpha_just_where_the_interval_leaves_out_zero(
    of: Contrast, alpha: float, method: Sequential | Fixed
) -> None:
    p = method.p_value(of)
    assume(abs(p - alpha) > 1e-9)
    low, high = interval(of, alpha, method)
    assert (p < alpha) is not (low <= 0 <= high)


@given(of=CONTRASTS, prior_sd=st.none() | st.floats(0.01, 10))
def test_a_belief_loses_nothing_that_is_there(of: Contrast, prior_sd: float | None) -> None:
    found = posterior(of, "up", 0.05, prior_sd)
    assert found.low <= found.mean <= found.high
    assert found.loss_if_kept - found.loss_if_shipped == pytest.approx(found.mean, abs=1e-9)
    assert abs(found.mean) <= abs(of.value)
    turned = posterior(replace(of, value=-of.value), "down", 0.05, prior_sd)
    assert turned.chance_to_win == pytest.approx(found.chance_to_win)


@given(p_values=P_VALUES, data=st.data())
def test_corrections_are_never_surer_and_keep_the_order(
    p_values: list[float], data: st.DataObject
) -> None:
    by_holm, by_bh = holm(p_values), benjamini_hochberg(p_values)
    for p, careful, less in zip(p_values, by_holm, by_bh, strict=True):
        assert p <= less * (1 + 1e-12)
        assert less <= careful * (1 + 1e-12)
        assert careful <= 1
    order = data.draw(st.permutations(range(len(p_values))))
    assert holm([p_values[at] for at in order]) == [by_holm[at] for at in order]
    assert benjamini_hochberg([p_values[at] for at in order]) == [by_bh[at] for at in order]


@given(
    p_values=P_VALUES,
    correction=st.sampled_from(list(CORRECTIONS)),
    alpha=st.sampled_from([0.01, 0.05]),
)
def test_no_interval_leaves_out_zero_without_an_adjusted_p_that_says_so(
    p_values: list[float], correction: Correction, alpha: float
) -> None:
    corrected = CORRECTIONS[correction](p_values)
    level = interval_alpha(corrected, alpha, correction)
    for p, said in zip(p_values, corrected, strict=True):
        if p <= level * (1 - 1e-12):
            assert said <= alpha


@given(exposed=COUNTS, weights=WEIGHTS, factor=st.floats(0.01, 100))
def test_only_the_proportion_of_weights_matters(
    exposed: dict[str, int], weights: dict[str, float], factor: float
) -> None:
    found = sample_ratio(exposed, weights)
    again = sample_ratio(exposed, {name: each * factor for name, each in weights.items()})
    assert again.deviation == pytest.approx(found.deviation, abs=1e-12)
    if found.p is not None and again.p is not None:
        assert again.p == pytest.approx(found.p, rel=1e-3, abs=1e-12)


NUMBERS = st.floats() | st.integers(-5, 5).map(float) | st.sampled_from([0.0, 1e-300, 1e300])
SUMS = st.builds(
    MetricSums,
    st.integers(0, 10**12),
    *(NUMBERS for _ in range(8)),
    st.integers(0, 10**12),
    *(NUMBERS for _ in range(6)),
)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    kinds: list[MetricType] = ["proportion", "mean", "ratio", "duration"]
    metrics: dict[str, MetricDocument] = {
        kind: MetricDocument(
            kind="metric",
            id=kind,
            event="conversion.completed",
            type=kind,
            direction=draw(st.sampled_from(["up", "down"])),
        )
        for kind in kinds
    }
    methods: list[Method] = ["sequential", "fixed", "bayesian"]
    document = ExperimentDocument(
        kind="experiment",
        id="any",
        hypothesis="None.",
        flag="any",
        control="a",
        metrics=tuple(draw(st.permutations(kinds))),
        guardrails=(Guardrail(metric=draw(st.sampled_from(kinds)), margin=0.1),),
        analysis=Analysis(
            method=draw(st.sampled_from(methods)),
            cuped=draw(st.booleans()),
            correction=draw(st.sampled_from(list(CORRECTIONS))),
        ),
        started=draw(st.none() | st.just(datetime(2026, 11, 1, tzinfo=UTC))),
    )
    return Experiment(document=document, metrics=metrics, weights={"a": 1, "b": 2})


ARMS = st.builds(
    Arm,
    exposed=st.integers(0, 10**12),
    crossed=st.integers(0, 10**6),
    metrics=st.dictionaries(st.sampled_from(["proportion", "mean", "ratio", "duration"]), SUMS),
    durations=st.dictionaries(
        st.just("duration"), st.dictionaries(st.integers(0, 2_000), st.integers(0, 10**6))
    ),
)


@settings(deadline=None)  # analyses whole experiments, on machines that are shared
@given(of=experiments(), arms=st.fixed_dictionaries({"a": ARMS, "b": ARMS}))
def test_whatever_was_summed_there_is_an_answer_without_false_certainty(
    of: Experiment, arms: dict[str, Arm]
) -> None:
    result = analyse(of, arms, NOW)
    json.loads(result.model_dump_json())
    for each in (*result.findings.goals, *result.findings.guardrails):
        for effect in (each.difference, each.lift):
            if effect is not None:
                assert effect.low <= effect.value <= effect.high
        if each.difference is None:
            assert each.outcome == "undefined"
            assert each.notes
            assert each.p is None
