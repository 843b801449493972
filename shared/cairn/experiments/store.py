"""Reads what the fold counted of experiments, which it alone writes; keeps what follows from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cairn.experiments.arm_counters import Arms, arms_of
from cairn.experiments.model import MetricType
from cairn.experiments.participant import Counters
from cairn.experiments.record import SCHEMA, ExperimentRecord, Point
from cairn.metrics.items import EXPIRES, arms_key, counters_of
from cairn.metrics.model import FOLD_VERSION
from cairn.platform.clock import rfc3339
from cairn.platform.dynamo import Condition, Dynamo, Item, Key, Put

STANDING: Final = "standing"
LOOK: Final = "look#"
DAY: Final = "day#"

LOOKS: Final = timedelta(days=3)
"""So long after its beginning an experiment's course is told look by look, then day by day."""

LOOKS_KEPT: Final = timedelta(days=14)
DAYS_KEPT: Final = timedelta(days=400)

COURSE: Final = 300
"""Points of a course at most: looks are a quarter of an hour apart."""


class ArmsStore:
    """The arms of experiments, in the metrics table, summed over shards."""

    def __init__(
        self, dynamo: Dynamo, table: str, shards: int, version: int = FOLD_VERSION
    ) -> None:
        self._dynamo = dynamo
        self._table = table
        self._shards = shards
        self._version = version

    def counters(self, workspace: str, experiment: str) -> Counters:
        """What was counted of an experiment, under the names of `cairn.experiments.contribution`.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        keys = [
            arms_key(workspace, experiment, shard, self._version) for shard in range(self._shards)
        ]
        found = self._dynamo.get_many([(self._table, each) for each in keys])
        return counters_of(each for each in found if each is not None)

    def arms(self, workspace: str, experiment: str, types: Mapping[str, MetricType]) -> Arms:
        """What was counted of an experiment, in one trip.

        Args:
            workspace: whose it is.
            experiment: its id.
            types: of its metrics, by their id.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        return arms_of(self.counters(workspace, experiment), types)


class ExperimentRecordStore:
    """Standings of experiments and the points of their course, in the experiments table.

    A look is kept twice: by itself, for a while, and as the last one of its day.
    """

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def standing(self, workspace: str, experiment: str) -> ExperimentRecord | None:
        """How an experiment stands; None where nobody ever looked.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        return self.standings(workspace, [experiment]).get(experiment)

    def standings(self, workspace: str, experiments: Sequence[str]) -> dict[str, ExperimentRecord]:
        """How experiments stand, by their id; those that nobody looked at are left out.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        keys = [(self._table, Key(_partition(workspace, each), STANDING)) for each in experiments]
        found = zip(experiments, self._dynamo.get_many(keys), strict=True)
        return {
            name: ExperimentRecord.model_validate_json(str(item["body"]))
            for name, item in found
            if item
        }

    def course(
        self, workspace: str, experiment: str, started: datetime, now: datetime
    ) -> list[Point]:
        """How the results of an experiment went, oldest first.

        Args:
            workspace: whose it is.
            experiment: its id.
            started: when it did.
            now: the present.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        items = self._dynamo.query(
            self._table,
            _partition(workspace, experiment),
            prefix=LOOK if now < started + LOOKS else DAY,
            newest_first=True,
            limit=COURSE,
        )
        return [Point.model_validate_json(str(each["body"])) for each in reversed(items)]

    def save(
        self, workspace: str, standing: ExperimentRecord, point: Point | None = None
    ) -> ExperimentRecord:
        """Writes a standing over its own version, and the look as a point of its course.

        Raises:
            ConditionFailed: somebody else wrote meanwhile.
            StoreUnavailable: the table refuses or is silent.
        """
        saved = standing.model_copy(update={"version": standing.version + 1})
        partition = _partition(workspace, standing.experiment)
        item: Item = {
            "pk": partition,
            "sk": STANDING,
            "schema": SCHEMA,
            "version": saved.version,
            "body": saved.model_dump_json(),
        }
        puts = [Put(self._table, item, _follows(standing.version))]
        if point is not None:
            puts += [Put(self._table, each) for each in _points(partition, point)]
        self._dynamo.transact(puts)
        return saved


def _partition(workspace: str, experiment: str) -> str:
    return f"{workspace}#experiment#{experiment}"


def _points(partition: str, point: Point) -> list[Item]:
    names = {f"{LOOK}{rfc3339(point.at)}": LOOKS_KEPT, f"{DAY}{point.at:%Y-%m-%d}": DAYS_KEPT}
    return [
        {
            "pk": partition,
            "sk": name,
            "schema": SCHEMA,
            EXPIRES: int((point.at + kept).timestamp()),
            "body": point.model_dump_json(),
        }
        for name, kept in names.items()
    ]


def _follows(version: int) -> Condition:
    if version == 0:
        return Condition("attribute_not_exists(pk)")
    return Condition("#version = :former", {":former": version}, {"#version": "version"})
