"""One entry and one line for each invocation, whatever a function prints."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws
from types_boto3_logs import CloudWatchLogsClient
from types_boto3_logs.type_defs import FilteredLogEventTypeDef

from infra.cli.log_lines import CROWD, render, render_all
from infra.local.failure import LocalError
from infra.local.function_logs import Entry, LogReader, entries

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = "cairn-local-explain"
GROUP = f"/aws/lambda/{NAME}"


def lines(
    *printed: str, request_id: str = "r-1", stream: str = "s", at: datetime = NOW
) -> list[FilteredLogEventTypeDef]:
    messages = [
        f"START RequestId: {request_id} Version: 1",
        *printed,
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: 12 ms\tBilled Duration: 13 ms",
    ]
    stamp = int(at.timestamp() * 1000)
    return [
        {"timestamp": stamp, "logStreamName": stream, "message": message} for message in messages
    ]


def test_an_invocation_is_read_from_start_to_report() -> None:
    (entry,) = entries(NAME, lines('{"message": "GET /v1", "status": 200}', "printed"))
    assert (entry.request_id, entry.duration_ms, entry.at) == ("r-1", 12, NOW)
    assert entry.lines == ({"message": "GET /v1", "status": 200},)
    assert entry.text == ("printed",)


def test_metrics_among_the_lines_are_left_out() -> None:
    (entry,) = entries(NAME, lines('{"_aws": {"Timestamp": 1}}', '{"message": "m"}'))
    assert entry.lines == ({"message": "m"},)
    assert entry.text == ()


def test_invocations_of_two_streams_may_be_interleaved() -> None:
    one, two = lines("a", request_id="r-1", stream="1"), lines("b", request_id="r-2", stream="2")
    mixed = [event for pair in zip(one, two, strict=True) for event in pair]
    assert [(each.request_id, each.text) for each in entries(NAME, mixed)] == [
        ("r-1", ("a",)),
        ("r-2", ("b",)),
    ]


def test_an_invocation_that_still_runs_is_not_an_entry_yet() -> None:
    assert entries(NAME, lines("a")[:-1]) == []


def test_a_line_that_only_looks_like_json_is_text() -> None:
    (entry,) = entries(NAME, lines("{not json"))
    assert entry.text == ("{not json",)


@pytest.fixture
def logs() -> Iterator[CloudWatchLogsClient]:
    with mock_aws():
        client = boto3.client("logs", region_name="eu-central-1")
        client.create_log_group(logGroupName=GROUP)
        yield client


def put(logs: CloudWatchLogsClient, stream: str, at: datetime) -> None:
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = lines("x", request_id=stream, at=at)
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName=stream,
        logEvents=[{"timestamp": e["timestamp"], "message": e["message"]} for e in events],
    )


def test_each_invocation_is_read_once_also_when_it_shows_late(logs: CloudWatchLogsClient) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    reader = LogReader(logs, NAME, since=now - timedelta(minutes=1))
    put(logs, "first", now)
    assert [each.request_id for each in reader.read()] == ["first"]
    put(logs, "late", now - timedelta(seconds=1))
    put(logs, "same-moment", now)
    assert {each.request_id for each in reader.read()} == {"late", "same-moment"}
    assert reader.read() == []


def test_logs_that_cannot_be_read_are_said_in_one_sentence(logs: CloudWatchLogsClient) -> None:
    with pytest.raises(LocalError, match="logs cannot be read"):
        LogReader(logs, "missing", since=NOW).read()


def shown(*printed: str) -> str:
    (entry,) = entries(NAME, lines(*printed))
    return render(entry).plain


def test_an_invocation_is_one_line_for_people() -> None:
    text = shown('{"message": "GET /v1", "status": 200, "source": "rules", "trace_id": "t"}')
    assert text.count("\n") == 0
    assert text.split()[1:] == ["explain", "GET", "/v1", "200", "12", "ms", "source=rules"]


def test_what_callers_sent_does_nothing_to_a_terminal() -> None:
    text = shown('{"message": "GET /v1", "flag": "\\u001b[31mred\\nline"}')
    assert text.endswith("flag=\\x1b[31mred\\nline")
    assert len(shown(f'{{"flag": "{"x" * 3000}"}}')) < 300


def test_a_traceback_stands_below_its_line() -> None:
    text = shown('{"message": "GET /v1", "level": "ERROR", "exception": "Traceback\\nValueError"}')
    assert [line.strip() for line in text.splitlines()[1:]] == ["Traceback", "ValueError"]


def test_a_function_that_logs_nothing_is_seen_nevertheless() -> None:
    assert "(logged nothing) 12 ms" in shown()


def crowd(*printed: str, size: int = CROWD + 1) -> list[Entry]:
    return [entry for number in range(size) for entry in entries(NAME, lines(*printed))]


def test_a_crowd_of_like_invocations_is_counted() -> None:
    (text,) = render_all(crowd('{"level": "INFO", "event": "POST /v1/events", "status": 202}'))
    assert text.plain.split()[1:] == (
        ["explain", "POST", "/v1/events", "202", str(CROWD + 1), "times,", "median", "12", "ms"]
    )


def test_whatever_went_wrong_is_shown_by_itself_also_in_a_crowd() -> None:
    fine = crowd('{"level": "INFO", "event": "a"}')
    wrong = crowd('{"level": "ERROR", "event": "b"}', size=1) + crowd("Traceback", size=1)
    assert len(render_all([*fine, *wrong])) == 1 + len(wrong)


def test_few_invocations_are_shown_one_by_one() -> None:
    assert len(render_all(crowd('{"level": "INFO", "event": "a"}', size=CROWD))) == CROWD
