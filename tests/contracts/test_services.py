"""Queue, bus, bucket and secrets: what they promise on moto, and what a refusal means."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from cairn.platform.bus import Bus
from cairn.platform.errors import NotFound, QueueUnavailable, StoreUnavailable
from cairn.platform.objects import Bucket
from cairn.platform.queue import BATCH_BYTES, Message, Queue
from cairn.platform.secrets import KEPT_S, Secrets
from tests.fakes.ticks import Ticks
from tests.functions.cloud import Cloud, cloud

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def aws() -> Iterator[Cloud]:
    with cloud() as created:
        yield created


def queue(aws: Cloud, thing: str = "explanations") -> Queue:
    return Queue(boto3.client("sqs"), aws.queue_url(thing))


def test_all_messages_arrive_however_many(aws: Cloud) -> None:
    bodies = [f"message {number}" for number in range(23)]
    assert queue(aws).send([Message(body) for body in bodies]) == ()
    assert queue(aws).depth() == (23, 0)
    assert sorted(aws.received("explanations")) == sorted(bodies)


def test_nothing_to_send_is_nothing_sent(aws: Cloud) -> None:
    assert queue(aws).send([]) == ()


def test_a_fifo_queue_takes_a_deduplication_id_once(aws: Cloud) -> None:
    message = Message("once", group="g", deduplication_id="par_1")
    assert queue(aws, "events").send([message]) == ()
    assert queue(aws, "events").send([message]) == ()
    assert aws.received("events") == ["once"]


def test_attributes_travel_beside_the_body(aws: Cloud) -> None:
    message = Message("x", group="g", deduplication_id="1", attributes=(("reason", "poison"),))
    queue(aws, "events_dead").send([message])
    answer = boto3.client("sqs").receive_message(
        QueueUrl=aws.queue_url("events_dead"), MessageAttributeNames=["All"]
    )
    (received,) = answer["Messages"]
    assert received["MessageAttributes"]["reason"]["StringValue"] == "poison"


def sizes(messages: list[Message]) -> list[int]:
    """How many messages each call carries."""
    client = boto3.client("sqs")
    calls: list[int] = []

    def count(params: dict[str, list[object]], **_: object) -> None:
        calls.append(len(params["Entries"]))

    client.meta.events.register("before-parameter-build.sqs.SendMessageBatch", count)
    with Stubber(client) as stub:
        for _ in messages:
            stub.add_response("send_message_batch", {"Successful": [], "Failed": []})
        Queue(client, "https://sqs.example/queue").send(messages)
    return calls


def test_ten_messages_go_in_one_call() -> None:
    assert sizes([Message("x")] * 21) == [10, 10, 1]


def test_a_call_carries_no_more_bytes_than_sqs_takes() -> None:
    third = BATCH_BYTES // 3
    assert sizes([Message("x" * third)] * 4) == [3, 1]
    assert sizes([Message("ö" * (third // 2))] * 4) == [3, 1]
    marked = Message("x" * third, attributes=(("reason", "y"),))
    assert sizes([marked] * 4) == [2, 2]


def test_what_the_queue_did_not_take_is_told_by_position() -> None:
    client = boto3.client("sqs")
    messages = [Message(str(number)) for number in range(25)]
    failed = {"Id": "12", "SenderFault": False, "Code": "InternalError"}
    with Stubber(client) as stub:
        stub.add_client_error("send_message_batch", "ServiceUnavailable", http_status_code=503)
        stub.add_response("send_message_batch", {"Successful": [], "Failed": [failed]})
        stub.add_response("send_message_batch", {"Successful": [], "Failed": []})
        refused = Queue(client, "https://sqs.example/queue").send(messages)
    assert refused == (*range(10), 12)


def test_a_queue_that_is_silent_has_no_depth() -> None:
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        stub.add_client_error("get_queue_attributes", "ServiceUnavailable", http_status_code=503)
        with pytest.raises(QueueUnavailable):
            Queue(client, "https://sqs.example/queue").depth()


def test_the_bus_takes_an_event(aws: Cloud) -> None:
    del aws
    client = boto3.client("events")
    with Stubber(client) as stub:
        entry = {
            "EventBusName": "cairn-local",
            "Source": "cairn",
            "DetailType": "alert.firing",
            "Detail": json.dumps({"alert": "busy"}),
            "Time": NOW,
        }
        answer = {"FailedEntryCount": 0, "Entries": []}
        stub.add_response("put_events", answer, {"Entries": [entry]})
        Bus(client, "cairn-local").publish("alert.firing", {"alert": "busy"}, at=NOW)
        stub.assert_no_pending_responses()


def test_a_bus_that_refuses_is_unavailable() -> None:
    client = boto3.client("events")
    with Stubber(client) as stub:
        stub.add_client_error("put_events", "InternalException", http_status_code=500)
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": []})
        for _ in range(2):
            with pytest.raises(QueueUnavailable):
                Bus(client, "cairn-local").publish("alert.firing", {}, at=NOW)


def test_an_object_comes_back_as_it_was_written(aws: Cloud) -> None:
    del aws
    client = boto3.client("s3")
    bucket = Bucket(client, "cairn-local-archive")
    bucket.put("a/b.json", b"{}", content_type="application/json", encoding="gzip")
    assert bucket.get("a/b.json") == b"{}"
    head = client.head_object(Bucket="cairn-local-archive", Key="a/b.json")
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")


def test_an_object_that_is_not_there_is_not_found(aws: Cloud) -> None:
    del aws
    with pytest.raises(NotFound) as raised:
        Bucket(boto3.client("s3"), "cairn-local-archive").get("nothing")
    assert raised.value.code == "object.not_found"


def test_a_bucket_that_refuses_is_unavailable(aws: Cloud) -> None:
    del aws
    bucket = Bucket(boto3.client("s3"), "cairn-nowhere")
    with pytest.raises(StoreUnavailable):
        bucket.put("a", b"", content_type="text/plain")
    with pytest.raises(StoreUnavailable):
        bucket.get("a")


def test_a_secret_is_read_once_in_a_while_and_a_rotated_one_is_seen(aws: Cloud) -> None:
    arn = aws.variables["CAIRN_WEBHOOK_SECRET_ARN"]
    client = boto3.client("secretsmanager")
    ticks = Ticks()
    secrets = Secrets(client, ticks)
    assert secrets.read(arn) == "a webhook secret"
    client.put_secret_value(SecretId=arn, SecretString="another")
    ticks.pass_s(KEPT_S - 0.001)
    assert secrets.read(arn) == "a webhook secret"
    ticks.pass_s(0.001)
    assert secrets.read(arn) == "another"


def test_a_secret_that_is_not_given_is_unavailable(aws: Cloud) -> None:
    del aws
    with pytest.raises(StoreUnavailable):
        Secrets(boto3.client("secretsmanager")).read("nothing")
