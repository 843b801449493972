"""alert-check as it runs: real rules, rollups and states on moto, a real webhook."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from cairn.alerts.signature import shared_secret, workspace_key
from cairn.alerts.state import AlertState, Phase
from cairn.alerts.store import AlertStore
from cairn.configuration.model import Kind
from cairn.metrics.items import rollup_key
from cairn.metrics.model import Resolution, RollupKey
from cairn.metrics.series import ALL
from cairn.platform.dynamo import Dynamo, Update
from functions.alert_check.handler import handler
from functions.alert_check.settings import Settings
from functions.alert_check.wiring import build
from tests.functions.callers import WORKSPACE, Context
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish
from tests.functions.webhook import Receiver, receiver

NOW = datetime(2026, 11, 20, 10, 0, 30, tzinfo=UTC)
TICK = json.loads((Path(__file__).parents[2] / "events/alert-check/tick.json").read_text())
RULE: dict[str, object] = {
    "kind": "alert",
    "id": "busy",
    "metric": "sessions",
    "window": "5m",
    "operator": ">",
    "threshold": 10,
}


class Town:
    """A cloud with a clock, a webhook and someone who reads the logs."""

    def __init__(self, aws: Cloud, hook: Receiver, log: pytest.LogCaptureFixture) -> None:
        self.aws = aws
        self.hook = hook
        self.now = NOW
        self._log = log
        self._dynamo = Dynamo(boto3.client("dynamodb"))

    def webhook_rule(self, **fields: object) -> dict[str, object]:
        channels = [{"type": "log"}, {"type": "webhook", "url": self.hook.url}]
        return {**RULE, "channels": channels, **fields}

    def publish(self, *rules: dict[str, object]) -> None:
        publish(self.aws, {(Kind.ALERT, str(each["id"])): each for each in rules})

    def count(self, sessions: int, shard: int = 0) -> None:
        bucket = Resolution.MINUTE.key(self.now)
        key = rollup_key(WORKSPACE, shard, RollupKey(Resolution.MINUTE, ALL, bucket))
        counted = {"folded_at_ms": 0, "schema": 1}
        table = self.aws.table("metrics")
        self._dynamo.write(Update(table, key, add={"sessions": sessions}, put=counted))

    def tick(self) -> dict[str, dict[str, object]]:
        """A minute passes: one invocation, and the fields of its log lines by what they tell."""
        self.now += timedelta(minutes=1)
        self._log.clear()
        handler(TICK, Context(remaining_ms=50_000))
        return {record.message: vars(record) for record in self._log.records}

    def state(self) -> AlertState:
        store = AlertStore(self._dynamo, self.aws.table("alerts"))
        return store.states(WORKSPACE)["busy"]


@pytest.fixture
def town(
    aws: Cloud, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    with receiver() as hook:
        town = Town(aws, hook, caplog)
        wired = build(Settings.load(aws.variables), clock=lambda: town.now)
        monkeypatch.setattr("functions.alert_check.handler.wiring", lambda: wired)
        yield town


def test_a_rule_fires_once_and_is_resolved_once(town: Town) -> None:
    town.publish(town.webhook_rule())
    town.tick()
    town.count(11)
    for _ in range(10):
        town.tick()
    told = [(each["transition"], each["value"]) for each in town.hook.notices()]
    assert told == [("firing", 11), ("resolved", None)]
    assert town.state().phase is Phase.RESOLVED


def test_shards_are_summed(town: Town) -> None:
    town.publish(town.webhook_rule())
    town.count(6, shard=0)
    town.count(6, shard=3)
    town.tick()
    assert [each["value"] for each in town.hook.notices()] == [12]


def test_a_webhook_gets_signed_json_that_says_everything(town: Town) -> None:
    town.publish(town.webhook_rule(description="Too many visitors.", severity="critical"))
    town.count(11)
    town.tick()
    (notice,), (headers,) = town.hook.notices(), town.hook.headers
    assert notice == {
        "schema_version": 1,
        "id": headers["webhook-id"],
        "workspace": "demo",
        "environment": "local",
        "alert": "busy",
        "transition": "firing",
        "reason": "threshold",
        "severity": "critical",
        "description": "Too many visitors.",
        "metric": "sessions",
        "group": None,
        "window": "5m",
        "operator": ">",
        "threshold": 10,
        "value": 11,
        "at": "2026-11-20T10:01:30Z",
    }
    assert headers["content-type"] == "application/json"
    assert headers["webhook-timestamp"] == str(int(town.now.timestamp()))
    secrets = [
        shared_secret(workspace_key("a webhook secret", workspace))
        for workspace in ("demo", "other")
    ]
    assert [town.hook.is_signed(0, secret) for secret in secrets] == [True, False]


def test_the_log_and_the_invocation_have_a_line_each(town: Town) -> None:
    town.publish(town.webhook_rule())
    town.count(11)
    lines = town.tick()
    fired, checked = lines["alert.firing"], lines["alerts.checked"]
    assert (fired["levelname"], fired["workspace"], fired["alert"]) == ("WARNING", "demo", "busy")
    assert (fired["notice"], fired["value"]) == (town.hook.notices()[0]["id"], 11)
    assert (checked["rules"], checked["firing"], checked["told"], checked["untold"]) == (1, 1, 3, 0)


def test_the_bus_hears_of_every_transition(town: Town) -> None:
    events = boto3.client("events")
    events.put_rule(Name="all", EventBusName="cairn-local", EventPattern='{"source": ["cairn"]}')
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=town.aws.queue_url("explanations"), AttributeNames=["QueueArn"]
    )
    target = {"Id": "1", "Arn": queue["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="cairn-local", Targets=[target])  # type: ignore[list-item]  # a plain target
    town.publish(RULE)
    town.count(11)
    town.tick()
    (event,) = map(json.loads, town.aws.received("explanations"))
    assert (event["detail-type"], event["source"]) == ("alert.firing", "cairn")
    assert (event["detail"]["alert"], event["detail"]["value"]) == ("busy", 11)


@pytest.mark.parametrize("status", [500, 404, 307])
def test_a_webhook_that_refuses_gets_the_same_notice_a_minute_later(
    town: Town, status: int
) -> None:
    town.hook.answers, town.hook.location = [status], town.hook.url
    town.publish(town.webhook_rule())
    town.count(11)
    lines = town.tick()
    assert lines["alerts.checked"]["levelname"] == "WARNING"
    assert lines["alerts.checked"]["failures"] == ["demo/busy: channel_unavailable"]
    assert len(town.hook.bodies) == 1
    town.tick()
    town.tick()
    first, again = town.hook.notices()
    assert first == again
    assert town.state().undelivered == ()


def test_a_webhook_that_is_gone_keeps_no_other_alert_from_being_told(town: Town) -> None:
    gone = [{"type": "webhook", "url": "http://127.0.0.1:9/"}]
    town.publish({**RULE, "id": "a", "channels": gone}, town.webhook_rule())
    town.count(11)
    lines = town.tick()
    assert [each["alert"] for each in town.hook.notices()] == ["busy"]
    assert lines["alerts.checked"]["failures"] == ["demo/a: channel_unavailable"]


def test_a_document_of_another_time_stops_no_other(town: Town) -> None:
    town.publish({"kind": "alert", "id": "a", "made_by": "a later version"}, town.webhook_rule())
    town.count(11)
    assert town.tick()["alerts.checked"]["failures"] == ["demo/a: ValidationError"]
    assert len(town.hook.bodies) == 1


def test_without_any_workspace_there_is_nothing_to_do(town: Town) -> None:
    checked = town.tick()["alerts.checked"]
    assert (checked["levelname"], checked["workspaces"], checked["rules"]) == ("INFO", 0, 0)
