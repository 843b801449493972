"""The shipped experiment on moto: placed, served, reported, folded, and read as arms."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.experiments.arm_counters import Arm
from cairn.experiments.model import MetricDocument
from cairn.experiments.store import ArmsStore
from cairn.platform.dynamo import Dynamo
from functions.aggregate_metrics.handler import handler as fold
from functions.aggregate_metrics.settings import Settings as FoldSettings
from functions.aggregate_metrics.wiring import build as fold_wiring
from functions.decide_next_step.handler import handler
from infra.cli.seed import EXAMPLE
from infra.configuration.validating import read_configuration
from tests.functions.callers import Context, answered, http_event
from tests.functions.cloud import SHARDS, Cloud
from tests.functions.deciding import House, decide, housed

AUTHORED: Final = read_configuration(EXAMPLE)
KEY: Final = "adaptive_form"
REPLAY: Final = "POST /v1/decisions/{id}/replay"


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    published = {(each.kind, each.id): json.loads(each.body) for each in AUTHORED}
    with housed(aws, monkeypatch, published=published) as built:
        folding = fold_wiring(FoldSettings.load(aws.variables), clock=built.time.clock)
        monkeypatch.setattr("functions.aggregate_metrics.handler.wiring", lambda: folding)
        yield built


def visited(house: House, subject: str) -> str:
    """A new visitor, who says what brings them here; the variation that they were served."""
    asked = {"subject": {"id": subject, "traits": {"plan": "trial"}}, "deadline_ms": 10_000}
    answer = decide(house.key, asked, answers={"company_size": "just_me"}).json()
    ((key, variation),) = [(each["key"], each["variation"]) for each in answer["experiments"]]
    assert key == KEY
    assert (answer["source"] == "fallback") is (variation == "static")
    return str(variation)


def folded(house: House) -> None:
    """Folds what waits in the queue."""
    bodies = house.cloud.received("events")
    records = [
        {"messageId": str(number), "body": body, "attributes": {"MessageGroupId": "g-0000"}}
        for number, body in enumerate(bodies)
    ]
    assert fold({"Records": records}, Context()) == {"batchItemFailures": []}


def arms(house: House) -> Mapping[str, Arm]:
    metrics = [each.model for each in AUTHORED if each.kind is Kind.METRIC]
    types = {each.id: each.type for each in metrics if isinstance(each, MetricDocument)}
    store = ArmsStore(Dynamo(boto3.client("dynamodb")), house.cloud.table("metrics"), SHARDS)
    return store.arms("demo", KEY, types).variations


def test_who_is_served_a_variation_is_counted_in_its_arm(house: House) -> None:
    served = [visited(house, f"u-{number}") for number in range(12)]
    again = [visited(house, f"u-{number}") for number in range(12)]
    assert again == served
    folded(house)
    found = arms(house)
    assert {name: arm.exposed for name, arm in found.items()} == {
        "adaptive": served.count("adaptive"),
        "static": served.count("static"),
    }
    assert all(arm.exposed for arm in found.values())
    by_plan = {name: arm.by_dimension["plan"] for name, arm in found.items()}
    assert by_plan == {name: {"unknown": arm.exposed} for name, arm in found.items()}
    assert all(arm.metrics["finished_onboarding"].converted == 0 for arm in found.values())


def test_a_decision_can_be_replayed_on_the_other_variation_and_names_its_own(house: House) -> None:
    answer = decide(
        house.key,
        {"subject": {"id": "u-42", "traits": {"plan": "trial"}}, "deadline_ms": 10_000},
    ).json()
    assert [each["variation"] for each in answer["experiments"]] == ["adaptive"]
    path = {"id": answer["id"]}
    again = replayed(house, path)
    other = replayed(house, path, variation="static")
    assert (again["same"], again["variation"], again["source"]) == (True, "adaptive", "rules")
    assert (other["same"], other["variation"], other["source"]) == (False, "static", "fallback")


def replayed(house: House, path: Mapping[str, str], **asked: str) -> Mapping[str, object]:
    event = http_event(REPLAY, asked, key=house.key, path=path)
    view: Mapping[str, object] = answered(handler(event, Context())).json()
    return view
