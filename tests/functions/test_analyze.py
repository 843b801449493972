"""analyze as it runs: real documents, counts and standings on moto, real statistics."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import pytest

from cairn.configuration.model import Kind, Publication, address
from cairn.configuration.store import ConfigurationStore
from cairn.events.model import Parcel
from cairn.experiments.record import ExperimentRecord
from cairn.experiments.store import ExperimentRecordStore
from cairn.metrics.items import arms_key
from cairn.metrics.model import FOLD_VERSION
from cairn.platform.bus import Bus
from cairn.platform.dynamo import Dynamo, Update
from cairn.platform.errors import QueueUnavailable
from functions.analyze.handler import handler
from functions.analyze.settings import Settings
from functions.analyze.wiring import build
from infra.cli.seed import EXAMPLE
from infra.configuration.validating import read_configuration
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish
from tests.judging import (
    CONTROL,
    EXPERIMENT,
    FLAG,
    HARMFUL,
    LOPSIDED,
    NOW,
    OTHER,
    QUIET,
    WINNING,
    Json,
    documents,
)

BUS = "cairn-local"
ROUTE = "POST /v1/experiments/{id}/analysis"
GOLDEN = Path(__file__).parents[2] / "events" / "analyze"
TICK = json.loads((GOLDEN / "tick.json").read_text())


class Lab:
    """A cloud with a clock, an experiment and someone who reads the logs."""

    def __init__(self, aws: Cloud, log: pytest.LogCaptureFixture) -> None:
        self.aws = aws
        self.now = NOW
        self._log = log
        self._events = boto3.client("events")
        self.dynamo = Dynamo(boto3.client("dynamodb"))
        self.configuration = ConfigurationStore(self.dynamo, aws.table("config"))
        self.standings = ExperimentRecordStore(self.dynamo, aws.table("experiments"))

    def clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def publish(self, *, flag: Json = FLAG, **fields: object) -> None:
        publish(self.aws, documents(flag=flag, **fields))

    def count(self, counters: Mapping[str, int], shard: int = 0, name: str = EXPERIMENT) -> None:
        key = arms_key(WORKSPACE, name, shard, FOLD_VERSION)
        table = self.aws.table("metrics")
        self.dynamo.write(Update(table, key, add=counters, put={"schema": 1}))

    def tick(self, context: Context | None = None) -> Mapping[str, object]:
        """A quarter of an hour passes: one invocation, and its line."""
        self.now += timedelta(minutes=15)
        self._log.clear()
        handler(TICK, context or Context())
        lines = {record.message: vars(record) for record in self._log.records}
        return lines["experiments.judged"]

    def ask(self, name: str = EXPERIMENT, kind: str = "secret") -> Answered:
        """Somebody asks for an analysis."""
        key = api_key(self.aws, kind)  # type: ignore[arg-type]  # a kind by its name
        event = http_event(ROUTE, key=key, path={"id": name})
        return answered(handler(event, Context()) or {})

    def standing(self, name: str = EXPERIMENT) -> ExperimentRecord:
        found = self.standings.standing(WORKSPACE, name)
        assert found is not None
        return found

    def published(self, kind: Kind, name: str) -> Json:
        release = self.configuration.release(WORKSPACE)
        document = self.configuration.snapshot(release, None).find(kind, name)
        assert document is not None
        body: Json = json.loads(document.body)
        return body

    def publications(self, kind: Kind, name: str) -> list[Publication]:
        found = self.configuration.history(WORKSPACE, address(kind, name), None, 20)
        return [each.publication for each in found.changes]

    def listen(self) -> Callable[[], list[Mapping[str, object]]]:
        """Lets a queue hear whatever is put on the bus; gives what it heard."""
        self._events.put_rule(Name="all", EventBusName=BUS, EventPattern='{"source": ["cairn"]}')
        queue = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.aws.queue_url("explanations"), AttributeNames=["QueueArn"]
        )
        target = {"Id": "1", "Arn": queue["Attributes"]["QueueArn"]}
        self._events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])  # type: ignore[list-item]  # a plain target
        return lambda: [json.loads(each) for each in self.aws.received("explanations")]

    def told(self) -> list[str]:
        parcels = map(Parcel.model_validate_json, self.aws.received("events"))
        return [event.id for parcel in parcels for event in parcel.events]


def refuse(*_: object, **__: object) -> None:
    raise QueueUnavailable("The event bus does not answer.")


@pytest.fixture
def lab(aws: Cloud, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab(aws, caplog)
    wired = build(Settings.load(aws.variables), clock=lab.clock, tick=lab.seconds)
    monkeypatch.setattr("functions.analyze.handler.wiring", lambda: wired)
    return lab


def test_a_tick_judges_what_runs_and_keeps_the_result(lab: Lab) -> None:
    lab.publish()
    lab.count(WINNING)
    line = lab.tick()
    assert (line["looked"], line["rolled_back"], line["levelname"]) == (1, 0, "INFO")
    result = lab.standing().result
    assert (result.verdict.word, result.verdict.variation) == ("ship", OTHER)
    assert result.findings.sample_ratio.exposed == {CONTROL: 20_000, OTHER: 20_100}


def test_shards_are_summed(lab: Lab) -> None:
    lab.publish()
    lab.count(QUIET, shard=0)
    lab.count(QUIET, shard=3)
    lab.tick()
    assert lab.standing().result.findings.sample_ratio.exposed == {CONTROL: 2_000, OTHER: 2_020}


def test_every_look_is_a_point_and_a_day_has_its_last_one(lab: Lab) -> None:
    lab.publish()
    for _ in range(3):
        lab.count(QUIET)
        lab.tick()
    looks = lab.standings.course(WORKSPACE, EXPERIMENT, lab.now, lab.now)
    days = lab.standings.course(WORKSPACE, EXPERIMENT, NOW - timedelta(days=9), lab.now)
    assert [each.subjects for each in looks] == [2_010, 4_020, 6_030]
    assert [each.subjects for each in days] == [6_030]
    assert {each.metric for each in days[0].intervals} == {"purchases", "errors"}


def test_a_draft_and_one_that_is_long_over_are_left_alone(lab: Lab) -> None:
    lab.publish(started=(NOW + timedelta(days=1)).isoformat())
    assert lab.tick()["looked"] == 0
    lab.publish(started=(NOW - timedelta(days=200)).isoformat())
    assert lab.tick()["looked"] == 0


def test_one_that_cannot_be_judged_stops_no_other(lab: Lab) -> None:
    published = documents()
    broken = {**published[Kind.EXPERIMENT, EXPERIMENT], "id": "broken", "metrics": ["gone"]}
    publish(lab.aws, {**published, (Kind.EXPERIMENT, "broken"): broken})
    lab.count(QUIET)
    line = lab.tick()
    assert line["failures"] == ["demo/broken: experiment.unknown_metric"]
    assert (line["levelname"], lab.standing().result.verdict.word) == ("WARNING", "keep running")


def test_a_run_without_time_says_what_it_left_out(lab: Lab) -> None:
    lab.publish()
    line = lab.tick(Context(remaining_ms=2_000))
    assert (line["looked"], line["unfinished"], line["levelname"]) == (0, 1, "WARNING")


def test_an_analysis_on_demand_is_fresh(lab: Lab) -> None:
    lab.publish()
    lab.count(QUIET)
    lab.tick()
    lab.count(QUIET)
    answer = lab.ask().json()
    assert answer["result"]["findings"]["sample_ratio"]["exposed"] == {CONTROL: 2_000, OTHER: 2_020}
    assert answer["design"] == {"weights": {CONTROL: 0.5, OTHER: 0.5}, "redesigned": []}
    assert answer["rollback"] is None


def test_who_may_not_read_results_may_not_ask_for_them(lab: Lab) -> None:
    lab.publish()
    assert lab.ask(kind="publishable").status == 403


@pytest.mark.parametrize(
    ("case", "status"),
    [("on-demand", 200), ("on-demand-unknown", 404), ("on-demand-publishable-key", 403)],
)
def test_golden_requests_are_answered_as_expected(lab: Lab, case: str, status: int) -> None:
    shipped = read_configuration(EXAMPLE)
    publish(lab.aws, {(each.kind, each.id): json.loads(each.body) for each in shipped})
    text = (GOLDEN / f"{case}.json").read_text()
    for kind in ("secret", "publishable"):
        text = text.replace("{{" + kind + "_key}}", api_key(lab.aws, kind))
    assert answered(handler(json.loads(text), Context()) or {}).status == status


def test_what_cannot_be_judged_is_refused_with_its_reason(lab: Lab) -> None:
    lab.publish(started=None)
    answer = lab.ask()
    assert (answer.status, answer.json()["code"]) == (422, "experiment.not_started")
    answer = lab.ask("nothing")
    assert (answer.status, answer.json()["code"]) == (404, "experiment.not_found")


def test_a_broken_guardrail_switches_the_flag_back(lab: Lab) -> None:
    lab.publish()
    lab.count(HARMFUL)
    assert lab.tick()["rolled_back"] == 1
    (rule,) = lab.published(Kind.FLAG, "headline-text")["rules"]
    assert rule == {"id": "compare", "experiment": EXPERIMENT, "split": {CONTROL: 1, OTHER: 0}}
    rollback = lab.standing().rollback
    assert rollback is not None
    assert [(each.code, each.metric) for each in rollback.reasons] == [
        ("guardrail_breached", "errors")
    ]
    assert rollback.told


def test_the_bus_hears_of_a_rollback(lab: Lab) -> None:
    heard = lab.listen()
    lab.publish()
    lab.count(HARMFUL)
    lab.tick()
    (event,) = heard()
    rollback = lab.standing().rollback
    assert rollback is not None
    assert event["detail-type"] == "experiment.rolled_back"
    assert event["detail"] == {
        "id": rollback.id,
        "workspace": WORKSPACE,
        "experiment": EXPERIMENT,
        "flag": "headline-text",
        "control": CONTROL,
        "reasons": [each.model_dump() for each in rollback.reasons],
        "release": 2 + 1,
        "at": "2026-11-20T00:15:00.000Z",
    }


def test_a_rollback_that_could_not_be_told_is_told_later_and_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = lab.listen()
    lab.publish()
    lab.count(HARMFUL)
    with monkeypatch.context() as without:
        without.setattr(Bus, "publish", refuse)
        line = lab.tick()
    assert line["failures"] == ["demo/headline: queue_unavailable"]
    assert lab.published(Kind.FLAG, "headline-text") != FLAG
    assert lab.tick()["rolled_back"] == 1
    assert lab.tick()["rolled_back"] == 0
    assert (len(heard()), len(set(lab.told()))) == (1, 1)
    assert len(lab.publications(Kind.FLAG, "headline-text")) == 2


def test_a_rollback_is_audited_with_who_did_it(lab: Lab) -> None:
    lab.publish()
    lab.count(HARMFUL)
    lab.tick()
    done, applied = lab.publications(Kind.FLAG, "headline-text")
    assert (done.by.via, done.by.id, done.did) == ("analyze", EXPERIMENT, "rollback")
    assert applied.by.via == "apply"


def test_a_rolled_back_experiment_is_over_and_keeps_the_result_that_led_to_it(lab: Lab) -> None:
    lab.publish()
    lab.count(HARMFUL)
    lab.tick()
    ended = lab.now
    before = lab.standing()
    lab.count(QUIET)
    lab.tick()
    assert lab.standing() == before
    until = lab.published(Kind.EXPERIMENT, EXPERIMENT)["until"]
    assert until == ended.isoformat().replace("+00:00", "Z")


def test_a_rollback_happens_once_and_leaves_a_flag_alone_that_somebody_restores(lab: Lab) -> None:
    lab.publish()
    lab.count(HARMFUL)
    lab.tick()
    lab.publish()
    assert lab.tick()["rolled_back"] == 0
    assert lab.published(Kind.FLAG, "headline-text") == FLAG
    assert len(lab.told()) == 1


def test_a_lopsided_split_switches_the_flag_back(lab: Lab) -> None:
    lab.publish()
    lab.count(LOPSIDED)
    lab.tick()
    rollback = lab.standing().rollback
    assert rollback is not None
    assert [each.code for each in rollback.reasons] == ["sample_ratio_mismatch"]


def test_without_being_asked_to_nothing_is_rolled_back(lab: Lab) -> None:
    lab.publish(rollback=False)
    lab.count(HARMFUL)
    assert lab.tick()["rolled_back"] == 0
    assert (lab.standing().result.verdict.word, lab.standing().rollback) == ("stop", None)


def test_where_the_rule_is_gone_the_last_design_goes_on_to_count(lab: Lab) -> None:
    lab.publish()
    lab.count(QUIET)
    lab.tick()
    lab.publish(flag={**FLAG, "rules": []})
    lab.tick()
    standing = lab.standing()
    assert (standing.at, standing.redesigned) == (lab.now, ())
    assert standing.design.weights == {CONTROL: 0.5, OTHER: 0.5}


def test_before_anybody_was_exposed_a_design_may_still_change(lab: Lab) -> None:
    lab.publish()
    lab.tick()
    (rule,) = FLAG["rules"]
    lab.publish(flag={**FLAG, "rules": [{**rule, "split": {CONTROL: 0.2, OTHER: 0.8}}]})
    lab.tick()
    standing = lab.standing()
    assert standing.design.weights == {CONTROL: 0.2, OTHER: 0.8}
    assert standing.redesigned == ()


def test_without_a_split_there_is_nothing_to_judge(lab: Lab) -> None:
    lab.publish(flag={**FLAG, "rules": []})
    answer = lab.ask()
    assert (answer.status, answer.json()["code"]) == (422, "experiment.no_split")


def test_a_design_that_changes_on_the_way_is_noted_and_excuses_a_lopsided_split(lab: Lab) -> None:
    lab.publish()
    lab.count(QUIET)
    lab.tick()
    (rule,) = FLAG["rules"]
    weights = {CONTROL: 0.2, OTHER: 0.8}
    lab.publish(flag={**FLAG, "rules": [{**rule, "split": weights}]})
    lab.tick()
    standing = lab.standing()
    codes = [each.code for each in standing.result.findings.notes]
    assert standing.redesigned == (lab.now,)
    assert "redesigned" in codes
    assert (standing.result.verdict.word, standing.rollback) == ("do not trust", None)
