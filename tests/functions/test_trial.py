"""An experiment from its documents to its end: decided, converted, folded, judged, rolled back."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import pytest

from cairn.alerts.state import Phase
from cairn.alerts.store import AlertStore
from cairn.configuration.editing import Signature, edited
from cairn.configuration.model import Actor, Kind, Snapshot
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from infra.config import LOCAL
from infra.inprocess.account import Handler, MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.stores import Table
from tests.functions.callers import WORKSPACE, answered, http_event
from tests.judging import ERRORS, PURCHASES

SUBJECTS: Final = 300
SHARDS: Final = 4
EXPERIMENT: Final = "adaptive_form"
CONTROL, OTHER = "static", "adaptive"
FUNCTIONS: Final = (
    "decide_next_step",
    "track_event",
    "aggregate_metrics",
    "analyze",
    "alert_check",
)
ALERT: Final = {
    "kind": "alert",
    "id": "rolled-back",
    "metric": "events.experiment.rolled_back",
    "window": "15m",
    "operator": ">",
    "threshold": 0,
}

type Json = Mapping[str, Any]  # Any: JSON


class Trial:
    """Everything that an experiment passes through, in one process.

    The shipped example, its experiment judged by purchases and errors.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, tzinfo=UTC)
        self.account = MemoryAccount(
            MemoryTables(), MemoryQueues(self.clock), MemoryBuckets(), self.clock
        )
        self.key = self.account.furnish()
        self._configuration = ConfigurationStore(self.account.dynamo, LOCAL.named(Table.CONFIG))
        self.publish(Kind.METRIC, PURCHASES)
        self.publish(Kind.METRIC, ERRORS)
        self.publish(Kind.ALERT, ALERT)
        self._started: dict[str, Handler] = {}

    @contextmanager
    def begun(self) -> Iterator[Self]:
        """With all functions started."""
        with self.account.functions(FUNCTIONS):
            self._started = {name: self._start(name) for name in FUNCTIONS}
            yield self

    def clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def publish(self, kind: Kind, body: Json) -> None:
        """Adds a document to what is published, or changes one."""
        name = str(body["id"])

        def edit(snapshot: Snapshot) -> str:
            former = snapshot.find(kind, name)
            return json.dumps({**(json.loads(former.body) if former else {}), **body})

        by = Actor(via="apply", id="tests")
        signature = Signature(workspace=WORKSPACE, by=by, did="apply", now=self.now, trace_id="")
        observe = Snapshots(self._configuration).observe
        backoff = Backoff(Deadline.within(5_000))
        edited(self._configuration, observe, signature, edit, backoff, kind=kind, identifier=name)
        self.now += timedelta(seconds=1)

    def serve(self, subjects: Sequence[str]) -> dict[str, list[str]]:
        """The sessions of subjects, by the variation that each was served."""
        sessions: dict[str, list[str]] = {CONTROL: [], OTHER: []}
        for each in subjects:
            asked = {"surface": "form", "flow": "onboarding", "subject": {"id": each}}
            answer = self._asked("decide_next_step", "POST /v1/decisions", asked)
            (placed,) = answer["experiments"]
            assert placed["key"] == EXPERIMENT
            sessions[placed["variation"]].append(answer["session_id"])
        return sessions

    def happen(self, sessions: Sequence[str], share: float, kind: str, **more: str) -> None:
        """The same in a share of sessions."""
        events = [
            {"id": f"{kind}-{each}", "type": kind, "at": self.now.isoformat(), "session_id": each}
            for each in sessions[: round(share * len(sessions))]
        ]
        body = {"events": [{**each, **more} for each in events]}
        assert self._asked("track_event", "POST /v1/events", body)["accepted"] == len(events)

    def fold(self) -> None:
        """Folds all that waits in the queue."""
        queues, url = self.account.queues, self.account.events
        while messages := queues.receive(url):
            records = [
                {
                    "messageId": each["MessageId"],
                    "body": each["Body"],
                    "attributes": each["Attributes"],
                }
                for each in messages
            ]
            answer = self._started["aggregate_metrics"]({"Records": records})
            assert answer == {"batchItemFailures": []}
            for each in messages:
                queues.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    def analyse(self) -> Json:
        """An analysis on demand."""
        route = "POST /v1/experiments/{id}/analysis"
        return self._asked("analyze", route, path={"id": EXPERIMENT})

    def firing(self) -> list[str]:
        """Checks all alerts, and gives those that fire."""
        self._started["alert_check"]({})
        states = AlertStore(self.account.dynamo, LOCAL.named(Table.ALERTS)).states(WORKSPACE)
        return [name for name, state in states.items() if state.phase is Phase.FIRING]

    def _asked(
        self, function: str, route: str, body: object = None, path: Mapping[str, str] | None = None
    ) -> Json:
        event = http_event(route, body, key=self.key, path=path)
        answer = answered(self._started[function](event))
        assert answer.status < 300, answer.body
        found: Json = answer.json()
        return found

    def _start(self, function: str) -> Handler:
        ticking: dict[str, Callable[[], float]] = (
            {"tick": self.seconds} if function in {"decide_next_step", "analyze"} else {}
        )
        return self.account.start(function, SHARDS, **ticking)


@pytest.fixture
def trial() -> Iterator[Trial]:
    with Trial().begun() as made:
        yield made


def test_a_variation_that_sells_more_is_to_be_shipped(trial: Trial) -> None:
    trial.publish(Kind.EXPERIMENT, {"id": EXPERIMENT, "metrics": ["purchases"], "guardrails": []})
    sessions = trial.serve([f"u-{number}" for number in range(SUBJECTS)])
    for variation, share in ((CONTROL, 0.2), (OTHER, 0.7)):
        trial.happen(sessions[variation], share, "conversion.completed", name="purchase")
    trial.fold()
    found = trial.analyse()
    result = found["result"]
    exposed = result["findings"]["sample_ratio"]["exposed"]
    assert exposed == {name: len(each) for name, each in sessions.items()}
    assert (result["verdict"]["word"], result["verdict"]["variation"]) == ("ship", OTHER)
    assert found["rollback"] is None


def test_a_variation_that_breaks_is_rolled_back_and_everybody_gets_the_control(
    trial: Trial,
) -> None:
    judged = {
        "id": EXPERIMENT,
        "metrics": ["purchases"],
        "guardrails": [{"metric": "errors", "margin": 0.1}],
        "rollback": True,
    }
    trial.publish(Kind.EXPERIMENT, judged)
    known = [f"u-{number}" for number in range(SUBJECTS)]
    sessions = trial.serve(known)
    for variation, share in ((CONTROL, 0.1), (OTHER, 0.8)):
        trial.happen(sessions[variation], share, "error.raised", code="boom")
    trial.fold()
    assert ALERT["id"] not in trial.firing()

    found = trial.analyse()
    assert found["result"]["verdict"]["word"] == "stop"
    assert [each["metric"] for each in found["rollback"]["reasons"]] == ["errors"]
    (told,) = trial.account.bus.heard("experiment.rolled_back")
    assert told["id"] == found["rollback"]["id"]

    trial.now += timedelta(seconds=1)
    newcomers = [f"new-{number}" for number in range(20)]
    assert trial.serve([*known[:20], *newcomers])[OTHER] == []

    trial.fold()
    assert ALERT["id"] in trial.firing()
