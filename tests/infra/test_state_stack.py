from pathlib import Path

import pytest

from cairn.traces.store import LISTED, ROW_FIELDS
from infra.catalog import FUNCTIONS
from infra.config import ENVIRONMENTS, Name
from tests.infra.assembly import read

EVERYWHERE = pytest.mark.parametrize("name", list(ENVIRONMENTS))


@EVERYWHERE
def test_tables_are_on_demand_restorable_encrypted_and_expiring(assembly: Path, name: Name) -> None:
    tables = read(assembly, name, "state").of("DynamoDB::Table").values()
    assert {each["TableName"] for each in tables} == {
        f"cairn-{name}-{table}"
        for table in (
            "keys",
            "config",
            "sessions",
            "decisions",
            "metrics",
            "alerts",
            "traces",
            "experiments",
        )
    }
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["SSESpecification"]["SSEEnabled"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


@EVERYWHERE
def test_the_index_of_traces_holds_what_lists_say_and_no_spans(assembly: Path, name: Name) -> None:
    tables = read(assembly, name, "state").of("DynamoDB::Table").values()
    traces = next(each for each in tables if each["TableName"] == f"cairn-{name}-traces")
    (index,) = traces["GlobalSecondaryIndexes"]
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    assert (index["IndexName"], *keys) == (LISTED.name, LISTED.partition, LISTED.sort)
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    assert set(index["Projection"]["NonKeyAttributes"]) == set(ROW_FIELDS)
    assert [each for each in tables if "GlobalSecondaryIndexes" in each] == [traces]


def test_only_prod_refuses_to_lose_its_tables(assembly: Path) -> None:
    for name in ENVIRONMENTS:
        template = read(assembly, name, "state")
        kept = {
            resource.get("DeletionPolicy")
            for resource in template.body["Resources"].values()
            if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}
        }
        protected = {
            table["DeletionProtectionEnabled"] for table in template.of("DynamoDB::Table").values()
        }
        assert kept == {"Retain" if name == "prod" else "Delete"}
        assert protected == {name == "prod"}


@EVERYWHERE
def test_the_events_queue_scales_with_its_groups(assembly: Path, name: Name) -> None:
    queues = read(assembly, name, "state").of("SQS::Queue").values()
    events = next(each for each in queues if each["QueueName"] == f"cairn-{name}-events.fifo")
    assert events["FifoQueue"]
    assert events["DeduplicationScope"] == "messageGroup"
    assert events["FifoThroughputLimit"] == "perMessageGroupId"


@EVERYWHERE
def test_every_consumed_queue_gives_up_into_a_dead_letter_queue(assembly: Path, name: Name) -> None:
    queues = read(assembly, name, "state").of("SQS::Queue")
    by_name = {each["QueueName"].removesuffix(".fifo"): each for each in queues.values()}
    for function in FUNCTIONS:
        if function.consumes is None:
            continue
        queue_name = f"cairn-{name}-{function.consumes.queue}"
        queue = by_name[queue_name]
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["QueueName"].removesuffix(".fifo") == f"{queue_name}-dead"
        assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert queue["VisibilityTimeout"] >= 6 * function.timeout_s


@EVERYWHERE
def test_queues_and_archive_are_encrypted_and_speak_only_tls(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "state")
    assert all(each["SqsManagedSseEnabled"] for each in template.of("SQS::Queue").values())
    guards = [*template.of("SQS::QueuePolicy").values(), *template.of("S3::BucketPolicy").values()]
    assert len(guards) == 6
    for guard in guards:
        statement = guard["PolicyDocument"]["Statement"][0]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@EVERYWHERE
def test_the_archive_is_private_and_forgets(assembly: Path, name: Name) -> None:
    (bucket,) = read(assembly, name, "state").of("S3::Bucket").values()
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == ENVIRONMENTS[name].archive_days
    assert rule["AbortIncompleteMultipartUpload"]


@EVERYWHERE
def test_what_is_written_over_in_the_archive_can_be_had_back_for_a_month(
    assembly: Path, name: Name
) -> None:
    (bucket,) = read(assembly, name, "state").of("S3::Bucket").values()
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_prod_alone_has_a_cache_with_tls_and_iam_and_without_a_network_of_its_own(
    assembly: Path,
) -> None:
    for name in ("local", "dev"):
        assert not read(assembly, name, "state").of("ElastiCache::ServerlessCache")
    template = read(assembly, "prod", "state")
    (cache,) = template.of("ElastiCache::ServerlessCache").values()
    (user,) = template.of("ElastiCache::User").values()
    assert (cache["Engine"], cache["ConnectionType"]) == ("valkey", "public")
    assert int(cache["MajorEngineVersion"]) >= 9
    assert user["AuthenticationMode"] == {"Type": "iam"}
    assert user["UserId"] == user["UserName"]
    assert "AWS::EC2::VPC" not in template.kinds()


def test_local_takes_the_address_of_its_cache_as_a_parameter(assembly: Path) -> None:
    assert read(assembly, "local", "state").body["Parameters"]["CacheUrl"]["Default"] == ""


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_late_consumers_and_dead_letters_raise_alarms(assembly: Path, name: Name) -> None:
    alarms = read(assembly, name, "state").of("CloudWatch::Alarm").values()
    assert {each["AlarmName"]: each["MetricName"] for each in alarms} == {
        f"cairn-{name}-events-late": "ApproximateAgeOfOldestMessage",
        f"cairn-{name}-explanations-late": "ApproximateAgeOfOldestMessage",
        f"cairn-{name}-events-dead-depth": "ApproximateNumberOfMessagesVisible",
        f"cairn-{name}-explanations-dead-depth": "ApproximateNumberOfMessagesVisible",
        f"cairn-{name}-schedules-dead-depth": "ApproximateNumberOfMessagesVisible",
    }
