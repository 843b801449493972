"""The page of an experiment's results, in node: what it asks, what it shows, and how."""

import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import pytest

from cairn.configuration.model import Kind
from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.views import ResultsView
from cairn.flags.documents import FlagDocument
from functions.analyze.statistics import analysed
from functions.console.page import script_text
from tests import javascript
from tests.fakes.experiments import FixedCounts, MemoryStandings, NoHistory
from tests.judging import FLAG, HARMFUL, NOW, QUIET, STARTED, WINNING, documents

type State = Mapping[str, Any]  # Any: JSON

MARKUP: Final = "<img src=x onerror=alert(1)> & <script>alert(2)</script>"
REFUSED: Final = {"status": 401, "body": {"detail": "The key opens nothing."}}
WORKSPACE: Final = "demo"
HTML: Final = {
    "article", "circle", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "li",
    "line", "p", "polygon", "polyline", "rect", "results", "section", "span", "strong", "svg",
    "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
"""The elements that the page is made of."""


def planned(hypothesis: str, analysis: Mapping[str, object]) -> PublishedExperiment:
    published = documents(hypothesis=hypothesis, analysis=analysis)
    flag = FlagDocument.model_validate(FLAG)
    metrics = {
        name: MetricDocument.model_validate(body)
        for (kind, name), body in published.items()
        if kind is Kind.METRIC
    }
    document = ExperimentDocument.model_validate(published[Kind.EXPERIMENT, "headline"])
    return PublishedExperiment(
        document, 1, metrics, flag.rules[0], decided=True, at=STARTED, metrics_at={}
    )


def seen(
    *counts: Mapping[str, int],
    hypothesis: str = "Loud words sell.",
    analysis: Mapping[str, object] = MappingProxyType({}),
    **shown: object,
) -> dict[str, object]:
    """What the API answers after a look a day at these counts."""
    experiment, standings, now = planned(hypothesis, analysis), MemoryStandings(), NOW
    for each in counts:
        looking = AnalysisRun(FixedCounts(each), standings, analysed, NoHistory())
        looking.look(WORKSPACE, experiment, now)
        now += timedelta(days=1)
    standing = standings.standing(WORKSPACE, experiment.document.id)
    course = standings.course(WORKSPACE, experiment.document.id, STARTED, now)
    view = ResultsView.of(experiment, standing, course, now)
    return {"status": 200, "body": view.model_dump(mode="json") | shown}


def opened(*answers: Mapping[str, object]) -> tuple[list[State], list[list[str]]]:
    """What stands on the page after each step, and what it asked the API."""
    printed = json.loads(javascript.run("page.mjs", script_text(), json.dumps(answers)))
    return printed["steps"], printed["asked"]


def test_it_asks_for_a_key_before_it_asks_the_api() -> None:
    (before, after, _), asked = opened(seen(QUIET))
    assert (before["asks"], before["text"]) == (True, "")
    assert (after["asks"], after["kept"]) == (False, 1)
    assert asked == [["GET", "/stage/v1/experiments/headline/results", "sk_1"]]


def test_it_shows_the_verdict_with_its_reasons_and_every_metric() -> None:
    (_, state, _), _ = opened(seen(QUIET, WINNING))
    for text in (
        "Loud words sell.",
        "Ship “bold”",
        "It is shown to be better.",
        "purchases · bold",
        "errors · bold",
        "as designed",
        "20,100",
        "Intervals are sequential",
        "may lose 10.0%",
    ):
        assert text in state["text"], text
    assert state["courses"] == 2
    assert set(state["tags"]) <= HTML
    assert not any("NaN" in each for each in state["drawn"])


def test_it_says_that_a_flag_was_rolled_back_and_why() -> None:
    (_, state, _), _ = opened(seen(HARMFUL))
    assert "Rolled back on" in state["text"]
    assert "It loses more than the accepted margin." in state["text"]


def test_it_says_that_a_flag_was_restored_after_a_rollback() -> None:
    (_, state, _), _ = opened(seen(HARMFUL, restored=True))
    assert "gives other variations than “plain” again" in state["text"]
    assert "Everybody gets" not in state["text"]


@pytest.mark.parametrize(
    ("analysis", "promised"),
    [
        ({}, "At most 5.00% of experiments without any difference are reported"),
        ({"method": "bayesian"}, "Nothing limits how often a difference is reported"),
        (
            {"correction": "benjamini-hochberg"},
            "Of the differences reported at any look, at most 5.00% on average are none.",
        ),
    ],
)
def test_it_promises_no_more_than_the_method_holds(
    analysis: Mapping[str, object], promised: str
) -> None:
    (_, state, _), _ = opened(seen(QUIET, analysis=analysis))
    assert promised in state["text"]
    assert (analysis != {}) is ("At most 5.00% of experiments" not in state["text"])


def test_it_says_that_nobody_has_looked_yet() -> None:
    (_, state, _), _ = opened(seen())
    assert "It has not been analysed yet." in state["text"]


def test_what_the_api_says_is_text_and_never_markup() -> None:
    (_, state, _), _ = opened(seen(QUIET, hypothesis=MARKUP))
    assert MARKUP in state["text"]
    assert set(state["tags"]) <= HTML


def test_an_analysis_is_asked_for_and_then_shown() -> None:
    (_, before, after, _), asked = opened(seen(QUIET), seen(QUIET), seen(WINNING))
    assert "Keep running" in before["text"]
    assert "Ship “bold”" in after["text"]
    assert asked[1:] == [
        ["POST", "/stage/v1/experiments/headline/analysis", "sk_1"],
        ["GET", "/stage/v1/experiments/headline/results", "sk_1"],
    ]


def test_a_key_that_opens_nothing_is_forgotten_and_asked_for_again() -> None:
    (_, state, _), _ = opened(REFUSED)
    assert (state["asks"], state["kept"], state["text"]) == (True, 0, "")
    assert state["complaint"] == "The key opens nothing."


def test_what_is_refused_is_said_and_may_be_tried_again() -> None:
    (_, state, _), _ = opened({"status": 404, "body": {"detail": "There is no such experiment."}})
    assert (state["complaint"], state["acts"]) == ("There is no such experiment.", True)
    assert (state["asks"], state["kept"]) == (False, 1)


def test_a_key_is_forgotten_with_all_that_it_showed() -> None:
    (*_, last), _ = opened(seen(WINNING))
    assert (last["asks"], last["kept"], last["text"]) == (True, 0, "")
