"""What is changed while an experiment runs: results name it, and nothing follows from doubt."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import pytest

from cairn.configuration.model import Actor, Kind, Publication, address, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.experiments.record import ExperimentRecord
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Unprocessable
from functions.analyze.statistics import analysed
from infra.inprocess.tables import MemoryTables
from tests.fakes.experiments import FixedCounts, MemoryStandings
from tests.judging import (
    CONTROL,
    DOCUMENT,
    ERRORS,
    EXPERIMENT,
    FLAG,
    HARMFUL,
    LOPSIDED,
    NOW,
    OTHER,
    PURCHASES,
    QUIET,
    WINNING,
    Json,
    counters,
    documents,
)

WORKSPACE: Final = "demo"
HOUR: Final = timedelta(hours=1)
NOBODY: Final[Mapping[str, int]] = {}

type Written = Mapping[tuple[Kind, str], Json]


class Watch:
    """An experiment over a few hours: what is published, and a look after each."""

    def __init__(self) -> None:
        self.now = NOW
        self._store = ConfigurationStore(Dynamo(MemoryTables().client()), "config")
        self._standings = MemoryStandings()

    def publish(self, written: Written) -> datetime:
        """Makes documents the whole configuration, an hour later; gives when."""
        self.now += HOUR
        bodies = {address(*name): json.dumps(body) for name, body in written.items()}
        release, changes = next_release(self._store.release(WORKSPACE), bodies, self.now)
        publication = Publication(
            release=release.version,
            at=self.now,
            by=Actor(via="apply", id="tests"),
            did="apply",
            changes=tuple(changes),
        )
        self._store.publish(
            release, {digest_of(body): body for body in bodies.values()}, publication
        )
        return self.now

    def look(self, seen: Mapping[str, int]) -> ExperimentRecord:
        """Looks at what was counted, another hour later."""
        self.now += HOUR
        planned = PublishedExperiments(Snapshots(self._store)).of(WORKSPACE)[EXPERIMENT]
        looking = AnalysisRun(FixedCounts(seen), self._standings, analysed, self._store)
        return looking.look(WORKSPACE, planned, self.now)


def watched(seen: Mapping[str, int] = QUIET, written: Written | None = None) -> Watch:
    """An experiment that was published and looked at once."""
    watch = Watch()
    watch.publish(documents() if written is None else written)
    watch.look(seen)
    return watch


def with_metric(body: Json, **changes: object) -> Written:
    return {**documents(), (Kind.METRIC, body["id"]): {**body, **changes}}


def with_split(weights: Mapping[str, float]) -> Written:
    (rule,) = FLAG["rules"]
    return documents(flag={**FLAG, "rules": [{**rule, "split": weights}]})


def noted(standing: ExperimentRecord) -> list[str]:
    return [each.code for each in standing.result.findings.notes]


def said(standing: ExperimentRecord) -> tuple[str, list[tuple[str, str | None]]]:
    verdict = standing.result.verdict
    return verdict.word, [(each.code, each.metric) for each in verdict.reasons]


CHANGES: Final[list[Json]] = [
    {"where": {"name": "order"}},
    {"event": "page.viewed"},
    {"window_hours": 24},
    {"type": "mean"},
    {"type": "mean", "cap": 3},
]


@pytest.mark.parametrize("change", CHANGES, ids=",".join)
def test_a_metric_that_is_changed_while_it_runs_can_not_ship_the_experiment(change: Json) -> None:
    watch = watched(WINNING)
    at = watch.publish(with_metric(PURCHASES, **change))
    standing = watch.look(WINNING)
    assert said(standing) == ("do not trust", [("metric_changed", "purchases")])
    (goal,) = standing.result.findings.goals
    (told,) = (each.text for each in goal.notes if each.code == "metric_changed")
    assert f"{at:%Y-%m-%dT%H:%M}" in told
    (guardrail,) = standing.result.findings.guardrails
    assert "metric_changed" not in {each.code for each in guardrail.notes}


def test_what_changes_no_count_is_no_other_metric() -> None:
    watch = watched(WINNING)
    watch.publish(with_metric(PURCHASES, description="Whoever bought.", owner="sales"))
    assert watch.look(WINNING).result.verdict.word == "ship"


def test_a_metric_that_is_as_it_was_again_is_still_not_trusted() -> None:
    watch = watched(WINNING)
    watch.publish(with_metric(PURCHASES, window_hours=24))
    watch.look(WINNING)
    watch.publish(documents())
    assert said(watch.look(WINNING)) == ("do not trust", [("metric_changed", "purchases")])


def test_a_metric_that_joins_on_the_way_is_not_trusted_until_it_is_taken_out() -> None:
    watch = watched(WINNING, documents(guardrails=[]))
    watch.publish(documents())
    assert said(watch.look(WINNING)) == ("do not trust", [("metric_changed", "errors")])
    watch.publish(documents(guardrails=[]))
    assert watch.look(WINNING).result.verdict.word == "ship"


def test_a_changed_guardrail_switches_nothing_back() -> None:
    watch = watched(QUIET)
    watch.publish(with_metric(ERRORS, window_hours=24))
    standing = watch.look(HARMFUL)
    assert standing.rollback is None
    assert said(standing) == ("do not trust", [("metric_changed", "errors")])


def test_as_long_as_nobody_is_exposed_everything_may_change() -> None:
    watch = watched(NOBODY)
    watch.publish({**with_metric(PURCHASES, window_hours=24), **with_split({CONTROL: 1, OTHER: 3})})
    watch.look(NOBODY)
    watch.publish(documents(control=OTHER))
    watch.look(NOBODY)
    watch.publish(documents())
    standing = watch.look(WINNING)
    assert standing.result.verdict.word == "ship"
    assert noted(standing) == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"control": OTHER}, "control"),
        ({"until": "2026-12-01T00:00:00Z"}, "until"),
        ({"started": "2026-11-11T00:00:00Z"}, "started"),
        ({"analysis": {"method": "fixed"}}, "analysis"),
        ({"guardrails": [{"metric": "errors", "margin": 0.5}]}, "guardrails"),
    ],
)
def test_a_plan_that_is_changed_while_it_runs_is_named(change: Json, part: str) -> None:
    watch = watched()
    at = watch.publish(documents(**change))
    findings = watch.look(QUIET).result.findings
    (told,) = (each.text for each in findings.notes if each.code == "replanned")
    assert f"({part}; most recently at {at:%Y-%m-%dT%H:%M}" in told
    assert "replanned" in noted(watch.look(QUIET))


def test_words_may_change_while_it_runs() -> None:
    watch = watched()
    watch.publish(documents(hypothesis="Loud words sell, we think.", owner="sales"))
    assert noted(watch.look(QUIET)) == []


def test_another_control_is_not_gone_back_to_by_itself() -> None:
    harmful_control = {
        **counters(CONTROL, 5_000, purchases=500, errors=1_500),
        **counters(OTHER, 5_030, purchases=510, errors=500),
    }
    watch = watched()
    watch.publish(documents(control=OTHER))
    standing = watch.look(harmful_control)
    assert said(standing) == ("stop", [("guardrail_breached", "errors")])
    assert standing.rollback is None


def test_a_split_that_is_changed_while_it_runs_is_not_trusted_and_switches_nothing_back() -> None:
    for seen in (HARMFUL, LOPSIDED, WINNING):
        watch = watched()
        watch.publish(with_split({CONTROL: 0.45, OTHER: 0.55}))
        standing = watch.look(seen)
        word, reasons = said(standing)
        assert (word, standing.rollback) == ("do not trust", None)
        assert ("redesigned", None) in reasons


def test_a_split_that_was_changed_is_no_reason_to_miss_subjects() -> None:
    watch = watched()
    watch.publish(with_split({CONTROL: 0.2, OTHER: 0.8}))
    assert said(watch.look(LOPSIDED)) == ("do not trust", [("redesigned", None)])


def test_a_control_that_nobody_was_ever_given_is_compared_with_nothing() -> None:
    flag = {**FLAG, "variations": {**FLAG["variations"], "new": "hi"}}
    (rule,) = FLAG["rules"]
    split = {CONTROL: 0.5, OTHER: 0.5, "new": 0}
    written = documents(flag={**flag, "rules": [{**rule, "split": split}]})
    watch = watched(QUIET, written)
    watch.publish({**written, (Kind.EXPERIMENT, EXPERIMENT): {**DOCUMENT, "control": "new"}})
    with pytest.raises(Unprocessable) as refused:
        watch.look(QUIET)
    assert refused.value.code == "experiment.no_split"


def test_an_experiment_that_was_out_of_publication_says_so() -> None:
    watch = watched()
    without = {name: body for name, body in documents().items() if name[1] != EXPERIMENT}
    gone = watch.publish(without)
    watch.publish(documents())
    for words in ("Loud words sell, again.", "Loud words sell, still."):
        watch.publish(documents(hypothesis=words))
        findings = watch.look(QUIET).result.findings
        (told,) = (each.text for each in findings.notes if each.code == "interrupted")
        assert f"{gone:%Y-%m-%dT%H:%M}" in told


def test_an_absence_before_the_first_subject_harms_nothing() -> None:
    watch = watched(NOBODY)
    watch.publish({})
    watch.publish(documents())
    assert noted(watch.look(QUIET)) == []
    watch.publish(documents(hypothesis="Loud words sell, still."))
    assert noted(watch.look(QUIET)) == []


def test_what_clients_report_is_noted_and_switches_nothing_back() -> None:
    by_clients = {name: body for name, body in documents().items() if name[0] is not Kind.FLOW}
    watch = watched(QUIET, by_clients)
    standing = watch.look(HARMFUL)
    assert noted(standing) == ["told_by_clients"]
    assert said(standing) == ("stop", [("guardrail_breached", "errors")])
    assert standing.rollback is None


def test_what_clients_could_make_up_for_a_while_switches_nothing_back() -> None:
    watch = watched()
    watch.publish({name: body for name, body in documents().items() if name[0] is not Kind.FLOW})
    watch.look(QUIET)
    watch.publish(documents())
    assert watch.look(HARMFUL).rollback is None


def test_what_nobody_changed_is_rolled_back() -> None:
    assert DOCUMENT["rollback"]
    for seen in (HARMFUL, LOPSIDED):
        assert watched().look(seen).rollback is not None
