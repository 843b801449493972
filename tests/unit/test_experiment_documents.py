"""Metrics and experiments as documents: what may be published, and what is said of the rest."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from cairn.experiments.check import (
    Surroundings,
    check_experiment,
    check_metric,
    check_surroundings,
    crowded,
)
from cairn.experiments.model import (
    LONGEST_RUN,
    MEASURED,
    RUNNING,
    ExperimentDocument,
    MetricDocument,
)
from cairn.metrics.series import under
from cairn.metrics.sketch import counter_of
from cairn.platform.dynamo.wire import encode
from cairn.platform.errors import Violation
from infra.inprocess.item_size import ITEM_BYTES, item_bytes
from tests.arms import CONTROL, DOCUMENT, FLAG, METRICS, OTHER
from tests.parcels import NOW

BESIDE = Surroundings(
    flags={FLAG.id: FLAG},
    metrics={each.id: each for each in METRICS},
    dimensions=frozenset({"weekend"}),
)


def metric(**more: Any) -> MetricDocument:  # noqa: ANN401  # a document as someone writes it
    written = {"kind": "metric", "id": "m", "type": "mean", "event": "page.viewed", **more}
    return MetricDocument.model_validate(written)


def experiment(**more: Any) -> ExperimentDocument:  # noqa: ANN401  # the same
    written = DOCUMENT.model_dump(mode="json", exclude_unset=True)
    return ExperimentDocument.model_validate({**written, **more})


def told(violations: list[Violation]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in violations]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"id": "exposed"}, [("/id", "metric.reserved_id")]),
        ({"event": "page.seen"}, [("/event", "metric.unknown_event")]),
        ({"where": {"$nope": 1}}, [("/where/$nope", "condition.unknown_operator")]),
        ({"type": "ratio"}, [("/denominator", "metric.denominator")]),
        ({"denominator": {"event": "page.viewed"}}, [("/denominator", "metric.denominator")]),
        (
            {"type": "ratio", "denominator": {"event": "no.such"}},
            [("/denominator/event", "metric.unknown_event")],
        ),
        (
            {"type": "proportion", "value": "duration_ms", "cap": 3},
            [("/value", "metric.value"), ("/cap", "metric.cap")],
        ),
        ({"cap": 1e9 + 1}, [("/cap", "metric.cap")]),
        ({"type": "duration", "cap": 30 * 24 * 3_600_000}, []),
    ],
)
def test_a_metric_is_checked_by_itself(
    more: Mapping[str, object], expected: list[tuple[str, str]]
) -> None:
    assert told(check_metric(metric(**more))) == expected


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"window_hours": 31 * 24}, ("window_hours",)),
        ({"window_hours": 0}, ("window_hours",)),
        ({"window_hours": 1e-9}, ("window_hours",)),
        ({"cap": 1e-7}, ("cap",)),
        ({"cap": -1}, ("cap",)),
        ({"type": "median"}, ("type",)),
        ({"id": "with space"}, ("id",)),
    ],
)
def test_a_metric_has_bounds(more: Mapping[str, object], pointer: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        metric(**more)
    assert caught.value.errors()[0]["loc"] == pointer


def test_a_margin_is_positive_whichever_direction_is_better() -> None:
    with pytest.raises(ValidationError) as caught:
        experiment(guardrails=[{"metric": "reading", "margin": -0.1}])
    assert caught.value.errors()[0]["loc"] == ("guardrails", 0, "margin")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        (
            {"metrics": ["buyers", "time_to_buy"]},
            [
                ("/metrics/1", "experiment.repeated_metric"),
                ("/guardrails/0/metric", "experiment.repeated_metric"),
            ],
        ),
        (
            {"metrics": [f"m{number}" for number in range(MEASURED)]},
            [("/guardrails", "experiment.too_many_metrics")],
        ),
        ({"until": "2026-11-01T00:00:00Z"}, [("/until", "experiment.ends_first")]),
        ({"until": "2027-11-01T00:00:00Z"}, [("/until", "experiment.too_long")]),
        (
            {"until": "2027-11-01T00:00:00Z", "started": None},
            [("/until", "experiment.never_started")],
        ),
    ],
)
def test_an_experiment_is_checked_by_itself(
    more: Mapping[str, object], expected: list[tuple[str, str]]
) -> None:
    assert told(check_experiment(experiment(**more))) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"flag": "gone"}, [("/flag", "experiment.unknown_flag")]),
        ({"id": "other"}, [("/flag", "experiment.no_rule")]),
        ({"control": "quiet"}, [("/control", "experiment.unknown_control")]),
        ({"metrics": ["buyers", "gone"]}, [("/metrics/1", "experiment.unknown_metric")]),
        (
            {"guardrails": [{"metric": "gone", "margin": 0.1}]},
            [("/guardrails/0/metric", "experiment.unknown_metric")],
        ),
        (
            {"dimensions": ["weekend", "moon"]},
            [("/dimensions/1", "experiment.unknown_dimension")],
        ),
        ({"rollback": True}, [("/rollback", "experiment.told_by_clients")]),
    ],
)
def test_an_experiment_speaks_only_of_what_is_published_beside_it(
    more: Mapping[str, object], expected: list[tuple[str, str]]
) -> None:
    assert told(check_surroundings(experiment(**more), BESIDE)) == expected


def test_what_decisions_serve_may_be_rolled_back() -> None:
    beside = replace(BESIDE, deciding=frozenset({FLAG.id}))
    assert check_surroundings(experiment(rollback=True), beside) == []


@pytest.mark.parametrize(("durations", "codes"), [(4, []), (10, ["experiment.too_wide"])])
def test_the_arms_of_an_experiment_fit_their_item_whatever_durations_come(
    durations: int, codes: list[str]
) -> None:
    names = [f"duration_{number}" for number in range(durations)]
    metrics = {each: metric(id=each, type="duration", value="duration_ms") for each in names}
    beside = replace(BESIDE, metrics=metrics)
    found = check_surroundings(experiment(metrics=names, guardrails=[]), beside)
    assert [each.code for each in found] == codes
    arms = {
        under(variation, name, counter_of(10 ** (each / 100))): 10**12 - 1
        for name in names
        for variation in (CONTROL, OTHER)
        for each in range(942)
    }
    assert (item_bytes(encode({"pk": "p", "sk": "s", **arms})) < ITEM_BYTES) is not bool(codes)


@pytest.mark.parametrize(("ratios", "codes"), [(9, []), (10, ["experiment.too_many_counters"])])
def test_what_a_subject_counts_in_fits_one_update_twice(ratios: int, codes: list[str]) -> None:
    names = [f"ratio-{number}" for number in range(ratios)]
    below = {"event": "page.viewed"}
    metrics = {each: metric(id=each, type="ratio", denominator=below) for each in names}
    found = check_surroundings(
        experiment(metrics=names, guardrails=[]), replace(BESIDE, metrics=metrics)
    )
    assert [each.code for each in found] == codes


def test_so_many_experiments_may_go_on_at_the_same_time() -> None:
    runs = [experiment(id=f"e-{number}") for number in range(RUNNING + 1)]
    assert crowded(runs[:-1], BESIDE.metrics) == []
    assert crowded(runs, BESIDE.metrics) == runs[-1:]
    draft = runs[-1].model_copy(update={"started": None})
    assert crowded([*runs[:-1], draft], BESIDE.metrics) == []


def test_a_place_is_free_when_the_last_window_is_over() -> None:
    runs = [experiment(id=f"e-{number}") for number in range(RUNNING)]
    over = runs[0].model_copy(update={"until": NOW})
    windows = timedelta(hours=max(each.window_hours for each in METRICS))
    early, late = (
        experiment(id="next").model_copy(update={"started": NOW + windows + more})
        for more in (timedelta(seconds=-1), timedelta())
    )
    assert crowded([over, *runs[1:], early], BESIDE.metrics) == [early]
    assert crowded([over, *runs[1:], late], BESIDE.metrics) == []


def test_an_experiment_ends_when_it_says_so_or_after_half_a_year() -> None:
    assert DOCUMENT.started is not None
    assert DOCUMENT.ends == DOCUMENT.started + LONGEST_RUN
    assert DOCUMENT.model_copy(update={"until": NOW}).ends == NOW
    assert DOCUMENT.model_copy(update={"started": None}).ends is None
