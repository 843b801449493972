"""What the functions logged, one entry per invocation, read from CloudWatch Logs."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.failure import LocalError

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_logs.type_defs import FilteredLogEventTypeDef

OVERLAP_MS: Final = 3_000
"""Lines may become visible a little after later ones: so much is read again and compared."""

START: Final = re.compile(r"START RequestId: (\S+)")
REPORT: Final = re.compile(r"REPORT RequestId: \S+\s+Duration: ([\d.]+) ms")
END: Final = "END RequestId:"

type Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One invocation.

    Attributes:
        function: Its name, as in AWS.
        at: When it ended.
        request_id: Lambda's id of the invocation.
        duration_ms: As Lambda measured it.
        lines: JSON log lines, without metrics.
        text: Whatever else was printed, such as a traceback.
    """

    function: str
    at: datetime
    request_id: str
    duration_ms: float
    lines: tuple[Fields, ...]
    text: tuple[str, ...]


class LogReader:
    """Reads the logs of one function from a moment on, each invocation once."""

    def __init__(self, logs: "CloudWatchLogsClient", function: str, *, since: datetime) -> None:
        self._logs = logs
        self._function = function
        self._from_ms = int(since.timestamp() * 1000)
        self._seen: Counter[tuple[int, str]] = Counter()

    def read(self) -> list[Entry]:
        """Invocations that were not read before, in order.

        Raises:
            LocalError: the emulator does not answer.
        """
        try:
            return entries(self._function, self._new_events())
        except (BotoCoreError, ClientError) as error:
            raise LocalError(f"The logs cannot be read: {error}.") from error

    def _new_events(self) -> "list[FilteredLogEventTypeDef]":
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self._function}", startTime=self._from_ms
        )
        found = [event for page in pages for event in page["events"]]
        now: Counter[tuple[int, str]] = Counter()
        fresh = []
        for event in found:
            place = (event["timestamp"], event["logStreamName"])
            now[place] += 1
            if now[place] > self._seen[place]:
                fresh.append(event)
        if found:
            self._from_ms = max(self._from_ms, found[-1]["timestamp"] - OVERLAP_MS)
        self._seen = Counter({place: n for place, n in now.items() if place[0] >= self._from_ms})
        return fresh


def entries(function: str, events: "Iterable[FilteredLogEventTypeDef]") -> list[Entry]:
    """Log lines as invocations, from each `START` to its `REPORT`.

    Args:
        function: Whose log it is.
        events: Lines in order; those of one stream belong to one invocation after another.
    """
    open_: dict[str, tuple[str, list[str]]] = {}
    done = []
    for event in events:
        stream, message = event["logStreamName"], event["message"].rstrip()
        if start := START.match(message):
            open_[stream] = (start[1], [])
        elif stream not in open_ or message.startswith(END):
            continue
        elif report := REPORT.match(message):
            request_id, printed = open_.pop(stream)
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            done.append(_entry(function, at, request_id, float(report[1]), printed))
        else:
            open_[stream][1].append(message)
    return done


def _entry(
    function: str, at: datetime, request_id: str, duration_ms: float, printed: list[str]
) -> Entry:
    parsed = [(line, _fields(line)) for line in printed]
    return Entry(
        function=function,
        at=at,
        request_id=request_id,
        duration_ms=duration_ms,
        lines=tuple(fields for _, fields in parsed if fields and "_aws" not in fields),
        text=tuple(line for line, fields in parsed if fields is None),
    )


def _fields(line: str) -> Fields | None:
    if not line.startswith("{"):
        return None
    try:
        parsed: dict[str, object] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return parsed
