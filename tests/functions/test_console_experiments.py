"""What the console says of experiments, on moto, over standings that a look has left."""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.experiments.store import ExperimentRecordStore
from cairn.platform.dynamo import Dynamo
from functions.analyze.statistics import analysed
from functions.console import handler as entry
from functions.console.settings import Settings
from functions.console.wiring import build
from tests.fakes.experiments import FixedCounts
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish
from tests.judging import (
    CONTROL,
    DOCUMENT,
    EXPERIMENT,
    HARMFUL,
    NOW,
    OTHER,
    QUIET,
    WINNING,
    documents,
)

LIST = "GET /v1/experiments"
ONE = "GET /v1/experiments/{id}"
RESULTS = "GET /v1/experiments/{id}/results"
COUNTS = "GET /v1/metrics/experiments"
PAGE = "GET /experiments/{id}"


class Desk:
    """A console with a clock, and looks that somebody took before."""

    def __init__(self, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.now = NOW
        self.key = api_key(aws)
        wired = build(Settings.load(aws.variables), clock=lambda: self.now)
        monkeypatch.setattr(entry, "wiring", lambda: wired)
        entry.process_application.cache_clear()
        self._dynamo = Dynamo(boto3.client("dynamodb"))

    def look(self, counters: Mapping[str, int]) -> None:
        """A look at the experiment, with these counts."""
        configuration = ConfigurationStore(self._dynamo, self.aws.table("config"))
        planned = PublishedExperiments(Snapshots(configuration)).of(WORKSPACE)[EXPERIMENT]
        standings = ExperimentRecordStore(self._dynamo, self.aws.table("experiments"))
        looking = AnalysisRun(FixedCounts(counters), standings, analysed, configuration)
        looking.look(WORKSPACE, planned, self.now)

    def get(self, route: str, name: str | None = None, /, **query: str) -> Answered:
        path = {"id": name} if name else None
        event = http_event(route, key=self.key, path=path, query=query)
        return answered(entry.handler(event, Context()))


@pytest.fixture
def desk(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Desk:
    publish(aws, documents())
    return Desk(aws, monkeypatch)


def test_a_list_tells_where_experiments_stand_and_what_is_believed_of_them(desk: Desk) -> None:
    desk.look(WINNING)
    answer = desk.get(LIST).json()
    (row,) = answer["experiments"]
    assert (row["id"], row["status"], answer["next"]) == (EXPERIMENT, "running", None)
    assert row["exposed"] == {CONTROL: 20_000, OTHER: 20_100}
    assert (row["verdict"]["word"], row["verdict"]["variation"]) == ("ship", OTHER)


def test_a_list_comes_in_pages_and_by_status(desk: Desk) -> None:
    body = documents()[Kind.EXPERIMENT, EXPERIMENT]
    draft = {**body, "id": "later", "started": None}
    publish(desk.aws, {**documents(), (Kind.EXPERIMENT, "later"): draft})
    first = desk.get(LIST, limit="1").json()
    assert ([each["id"] for each in first["experiments"]], first["next"]) == (
        [EXPERIMENT],
        EXPERIMENT,
    )
    rest = desk.get(LIST, limit="1", cursor=first["next"]).json()
    assert ([each["id"] for each in rest["experiments"]], rest["next"]) == (["later"], None)
    drafts = desk.get(LIST, status="draft").json()["experiments"]
    assert [each["id"] for each in drafts] == ["later"]


def test_an_experiment_is_told_with_its_document_and_its_split(desk: Desk) -> None:
    answer = desk.get(ONE, EXPERIMENT).json()
    assert answer["document"]["hypothesis"] == DOCUMENT["hypothesis"]
    assert (answer["weights"], answer["missing"]) == ({CONTROL: 0.5, OTHER: 0.5}, [])
    assert (answer["summary"]["verdict"], answer["version"]) == (None, 1)


def test_results_hold_the_newest_one_and_how_it_went(desk: Desk) -> None:
    desk.look(QUIET)
    desk.now += timedelta(days=1)
    desk.look(WINNING)
    answer = desk.get(RESULTS, EXPERIMENT).json()
    assert answer["result"]["verdict"]["word"] == "ship"
    assert [each["word"] for each in answer["course"]] == ["keep running", "ship"]
    assert (answer["status"], answer["rollback"]) == ("running", None)


def test_results_say_that_nobody_has_looked_yet(desk: Desk) -> None:
    answer = desk.get(RESULTS, EXPERIMENT).json()
    assert (answer["result"], answer["design"], answer["course"]) == (None, None, [])


def test_results_tell_of_a_rollback_that_is_under_way(desk: Desk) -> None:
    desk.look(HARMFUL)
    rollback = desk.get(RESULTS, EXPERIMENT).json()["rollback"]
    assert (rollback["control"], rollback["done"]) == (CONTROL, False)
    assert [each["code"] for each in rollback["reasons"]] == ["guardrail_breached"]


@pytest.mark.parametrize("route", [ONE, RESULTS])
def test_an_unknown_experiment_is_not_found(desk: Desk, route: str) -> None:
    answer = desk.get(route, "nothing")
    assert (answer.status, answer.json()["code"]) == (404, "experiment.not_found")


def test_metrics_tell_of_experiments_that_run(desk: Desk) -> None:
    desk.look(QUIET)
    (row,) = desk.get(COUNTS).json()["data"]["running"]
    assert (row["id"], row["verdict"]["word"]) == (EXPERIMENT, "keep running")
    desk.now += timedelta(days=365)
    assert desk.get(COUNTS).json()["data"]["running"] == []


def test_another_workspace_sees_nothing_of_it(desk: Desk) -> None:
    desk.look(QUIET)
    desk.key = api_key(desk.aws, workspace="other")
    assert desk.get(LIST).json()["experiments"] == []
    assert desk.get(RESULTS, EXPERIMENT).status == 404


def test_the_page_allows_its_own_script_and_nothing_else(desk: Desk) -> None:
    desk.key = ""
    page = desk.get(PAGE, EXPERIMENT)
    policy = page.headers["content-security-policy"]
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for kind in ("script", "style"):
        (text,) = re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", page.body, re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_is_the_same_for_every_experiment(desk: Desk) -> None:
    desk.look(QUIET)
    assert desk.get(PAGE, EXPERIMENT).body == desk.get(PAGE, "nothing").body
