"""What a look at an experiment needs, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cairn.configuration.history import History
from cairn.experiments.arm_counters import Arms, arms_of
from cairn.experiments.model import MetricType
from cairn.experiments.record import ExperimentRecord, Point
from cairn.experiments.store import LOOKS
from cairn.platform.errors import Conflict


class FixedCounts:
    """The same counts for every experiment."""

    def __init__(self, counters: Mapping[str, int]) -> None:
        self.counters = dict(counters)

    def arms(
        self,
        workspace: str,  # noqa: ARG002  # the same everywhere
        experiment: str,  # noqa: ARG002  # the same
        types: Mapping[str, MetricType],
    ) -> Arms:
        """What was counted of an experiment."""
        return arms_of(self.counters, types)


class NoHistory:
    """Nobody ever changed anything."""

    def history(
        self,
        workspace: str,  # noqa: ARG002  # none anywhere
        name: str,  # noqa: ARG002  # the same
        before: int | None,  # noqa: ARG002  # the same
        limit: int,  # noqa: ARG002  # the same
    ) -> History:
        """Who changed a document."""
        return History((), None)


class MemoryStandings:
    """Standings in a dictionary, under their versions."""

    def __init__(self) -> None:
        self._standings: dict[tuple[str, str], ExperimentRecord] = {}
        self._points: dict[tuple[str, str], dict[datetime, Point]] = {}

    def standing(self, workspace: str, experiment: str) -> ExperimentRecord | None:
        """How an experiment stands."""
        return self._standings.get((workspace, experiment))

    def standings(self, workspace: str, experiments: Sequence[str]) -> dict[str, ExperimentRecord]:
        """How experiments stand, by their id."""
        found = {name: self.standing(workspace, name) for name in experiments}
        return {name: each for name, each in found.items() if each}

    def course(
        self, workspace: str, experiment: str, started: datetime, now: datetime
    ) -> list[Point]:
        """How the results of an experiment went, oldest first."""
        points = list(self._points.get((workspace, experiment), {}).values())
        if now < started + LOOKS:
            return points
        return list({f"{each.at:%Y-%m-%d}": each for each in points}.values())

    def save(
        self, workspace: str, standing: ExperimentRecord, point: Point | None = None
    ) -> ExperimentRecord:
        """Writes a standing over its own version, or raises `Conflict`."""
        key = workspace, standing.experiment
        stored = self._standings.get(key)
        if (stored.version if stored else 0) != standing.version:
            raise Conflict("The standing has another version.")
        saved = standing.model_copy(update={"version": standing.version + 1})
        self._standings[key] = saved
        if point is not None:
            self._points.setdefault(key, {})[point.at] = point
        return saved
