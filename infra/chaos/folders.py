"""Those who fold: processes that the queue wakes, that may die at any write, and are replaced."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.chaos.faults import Crash, Fault
from infra.chaos.scene import Scene
from infra.inprocess.account import Handler

IDLE_S = (0.5, 3.0)
"""How long the queue is left alone after it was found empty, seconds."""

ROLLOUT_BATCHES = 6
"""How many batches an old process still takes after the groups grew."""

type Message = Mapping[str, Any]  # Any: the queue's own shape


class Deliveries:
    """What was handed out so far, to tell what was handed out again, and how."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._company: dict[str, frozenset[str]] = {}
        self._newest: dict[str, int] = {}

    def note(self, batch: Sequence[Message]) -> None:
        """Notes a batch that is handed out."""
        ids = frozenset(each["MessageId"] for each in batch)
        for each in batch:
            name, told = each["MessageId"], each["Attributes"]
            if name in self._company:
                self._scene.count(Fault.REDELIVERED)
                self._scene.count(Fault.OTHER_COMPANY, int(self._company[name] != ids))
            else:
                self._note_order(told["MessageGroupId"], int(told["SequenceNumber"]))
            self._company[name] = ids

    def _note_order(self, group: str, number: int) -> None:
        newest = max((it for other, it in self._newest.items() if other != group), default=0)
        self._scene.count(Fault.REORDERED, int(number < newest))
        self._newest[group] = max(number, self._newest.get(group, 0))


class Folder:
    """One instance of aggregate-metrics after the other."""

    def __init__(self, scene: Scene, deliveries: Deliveries) -> None:
        self._scene = scene
        self._deliveries = deliveries
        self._function: Handler | None = None
        self._shards = 0
        self._old_batches = 0

    def play(self) -> None:
        """Folds until everything is over."""
        scene = self._scene
        while not scene.over:
            batch = scene.account.queues.receive(scene.account.events)
            if not batch:
                scene.stage.sleep(scene.rng.uniform(*IDLE_S))
                continue
            self._deliveries.note(batch)
            try:
                self._fold(batch)
            except Crash:
                self._function = None

    def _fold(self, batch: Sequence[Message]) -> None:
        answer = self._instance()({"Records": [_record(each) for each in batch]})
        returned = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        queues, url = self._scene.account.queues, self._scene.account.events
        for message in batch:
            if message["MessageId"] not in returned:
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _instance(self) -> Handler:
        scene = self._scene
        self._old_batches += self._shards != scene.shards
        if self._function is None or self._old_batches > ROLLOUT_BATCHES:
            self._shards, self._old_batches = scene.shards, 0
            self._function = scene.account.start(
                "aggregate_metrics", self._shards, wait=scene.stage.sleep
            )
        return self._function


def _record(message: Message) -> dict[str, object]:
    """A message as Lambda hands it over."""
    told = message["MessageAttributes"]
    attributes = {
        name: {"stringValue": each["StringValue"], "dataType": each["DataType"]}
        for name, each in told.items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }
