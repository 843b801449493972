"""What functions record of themselves, on moto: a waterfall for each trace, in one call."""

from collections.abc import Iterator
from typing import Final

import boto3
import pytest

from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.span import Span
from cairn.traces.model import StoredTrace
from cairn.traces.store import TraceReader
from functions.aggregate_metrics.handler import handler as fold
from functions.aggregate_metrics.settings import Settings as FoldSettings
from functions.aggregate_metrics.wiring import build as fold_wiring
from functions.console.app import application
from functions.console.handler import handler as console
from functions.console.settings import Settings as ConsoleSettings
from functions.console.wiring import build as console_wiring
from functions.flag_eval.handler import handler as flag_eval
from functions.flag_eval.settings import Settings as FlagSettings
from functions.flag_eval.wiring import build as flag_wiring
from tests.functions.callers import Context, answered, http_event
from tests.functions.cloud import Cloud
from tests.functions.deciding import ADA, DECIDE, House, housed, posted

TRACE_ID: Final = "0af7651916cd43dd8448eb211c80319c"
CALLER: Final = "b7ad6b7169203331"
SAMPLED: Final = {"traceparent": f"00-{TRACE_ID}-{CALLER}-01"}
QUIET: Final = {"traceparent": f"00-{TRACE_ID}-{CALLER}-00"}
DASHBOARD: Final = "GET /v1/metrics/dashboard"
WRITE: Final = "BatchWriteItem"


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    aws.variables.update({"CAIRN_TRACES": "on", "CAIRN_TRACE_SLOW_MS": "60000"})
    with housed(aws, monkeypatch) as built:
        yield built


def decide(house: House, headers: dict[str, str], **asked: object) -> int:
    body = {"surface": "form", "flow": "onboarding", "deadline_ms": 10_000, **asked}
    return posted(DECIDE, body, house.key, headers=headers).status


def kept(house: House) -> StoredTrace:
    reader = TraceReader(Dynamo(boto3.client("dynamodb")), house.cloud.table("traces"))
    return reader.read("demo", TRACE_ID, house.time.now)


def tree(spans: tuple[Span, ...]) -> dict[str, str | None]:
    """The name of each span's parent, by its own."""
    names = {each.span_id: each.name for each in spans}
    return {each.name: names.get(each.parent_id or "") for each in spans}


def test_a_decision_is_a_waterfall_of_tiers_and_store_calls(house: House) -> None:
    assert decide(house, SAMPLED, answers={"company_size": "11-50"}) == 200
    found = kept(house)
    assert tree(found.spans) == {
        DECIDE: None,
        "BatchGetItem": DECIDE,
        "tier cache": DECIDE,
        "tier rules": DECIDE,
        "TransactWriteItems": DECIDE,
        "SendMessageBatch": DECIDE,
    }
    root = found.spans[0]
    assert (root.parent_id, root.service, root.kind) == (CALLER, "decide-next-step", "server")
    assert (root.attributes["cairn.flow"], root.attributes["cairn.source"]) == (
        "onboarding",
        "rules",
    )
    by_name = {each.name: each for each in found.spans}
    assert by_name["tier rules"].attributes == {"cairn.outcome": "found"}
    assert by_name["BatchGetItem"].attributes["db.system.name"] == "aws.dynamodb"
    assert all(root.start_ns <= each.start_ns <= each.end_ns for each in found.spans)


def test_a_decision_that_nobody_asked_about_is_kept_by_its_root_in_one_call(house: House) -> None:
    house.wire.calls.clear()
    assert decide(house, QUIET) == 200
    assert house.wire.calls[WRITE] == 1
    assert [each.name for each in kept(house).spans] == [DECIDE]


def test_the_fold_goes_on_with_the_trace_of_the_request_that_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = fold_wiring(FoldSettings.load(house.cloud.variables), clock=house.time.clock)
    monkeypatch.setattr("functions.aggregate_metrics.handler.wiring", lambda: built)
    assert decide(house, SAMPLED) == 200
    assert fold({"Records": records(house.cloud)}, Context()) == {"batchItemFailures": []}
    spans = kept(house).spans
    (folded,) = (each for each in spans if each.name == "parcels.folded")
    assert (folded.service, folded.kind) == ("aggregate-metrics", "consumer")
    assert tree(spans)["parcels.folded"] == DECIDE
    assert {"PutObject", "TransactWriteItems"} <= {
        each.name for each in spans if each.parent_id == folded.span_id
    }


def records(cloud: Cloud) -> list[dict[str, object]]:
    """What waits in the events queue, as Lambda hands it over."""
    client = boto3.client("sqs")
    answer = client.receive_message(
        QueueUrl=cloud.queue_url("events"),
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
    )
    return [
        {
            "messageId": each["MessageId"],
            "body": each["Body"],
            "attributes": {"MessageGroupId": "g-0000"},
            "messageAttributes": {
                name: {"stringValue": told["StringValue"], "dataType": "String"}
                for name, told in each["MessageAttributes"].items()
            },
        }
        for each in answer["Messages"]
    ]


def test_nothing_that_a_visitor_gave_is_in_a_trace(house: House) -> None:
    assert decide(house, SAMPLED, answers=ADA, subject={"id": "u-42"}) == 200
    told = repr(kept(house))
    assert not [each for each in (*ADA.values(), "u-42") if each in told]


def test_traces_that_cannot_be_written_change_no_answer(house: House) -> None:
    house.wire.refusing.add(WRITE)
    assert decide(house, SAMPLED) == 200
    assert kept(house).spans == ()


def test_what_the_console_reads_is_part_of_its_requests(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = console_wiring(ConsoleSettings.load(house.cloud.variables), clock=house.time.clock)
    monkeypatch.setattr("functions.console.handler.wiring", lambda: built)
    monkeypatch.setattr("functions.console.handler.process_application", lambda: application(built))
    event = http_event(DASHBOARD, key=house.key, headers=SAMPLED)
    assert answered(console(event, Context())).status == 200
    parents = tree(kept(house).spans)
    assert (parents[DASHBOARD], parents["Query"]) == (None, DASHBOARD)


def test_a_warm_flag_evaluation_writes_only_what_its_caller_sampled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = flag_wiring(FlagSettings.load(house.cloud.variables), tick=house.time.tick)
    monkeypatch.setattr("functions.flag_eval.handler.wiring", lambda: built)
    route = "POST /ofrep/v1/evaluate/flags"
    calls: list[list[str]] = []
    for headers in (QUIET, QUIET, SAMPLED):
        house.wire.calls.clear()
        event = http_event(route, {"context": {}}, key=house.key, headers=headers)
        assert answered(flag_eval(event, Context())).status == 200
        calls.append([*house.wire.calls])
    assert calls[1:] == [[], [WRITE]]
    found = kept(house)
    assert [each.name for each in found.spans] == [route]
