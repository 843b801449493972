"""What an alert check needs, in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cairn.alerts.check import Rules
from cairn.alerts.evaluate import Rule
from cairn.alerts.model import AlertDocument, Channel
from cairn.alerts.state import AlertState, Notice
from cairn.conditions.compile import compile_condition
from cairn.metrics.model import Bucket, NamedReading, Reading
from cairn.metrics.windows import Span
from cairn.platform.errors import Conflict, Unavailable


def alert(**fields: object) -> AlertDocument:
    """An alert rule: more than 10 sessions in 15 minutes, told to the log."""
    written = {
        "kind": "alert",
        "id": "busy",
        "metric": "sessions",
        "window": "15m",
        "operator": ">",
        "threshold": 10,
        "channels": [{"type": "log"}],
        **fields,
    }
    return AlertDocument.model_validate(written)


def rule(**fields: object) -> Rule:
    """The same, ready to be evaluated."""
    document = alert(**fields)
    return Rule(document, compile_condition(document.when).matches)


class MemoryStates:
    """States in a dictionary, under their versions."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], AlertState] = {}

    def states(self, workspace: str) -> dict[str, AlertState]:
        """Every state of a workspace."""
        return {name: each for (whose, name), each in self._states.items() if whose == workspace}

    def save(self, workspace: str, state: AlertState) -> AlertState:
        """Writes a state over its own version, or raises `Conflict`."""
        key = workspace, state.alert
        stored = self._states.get(key)
        if (stored.version if stored else 0) != state.version:
            raise Conflict("The state has another version.")
        self._states[key] = state.model_copy(update={"version": state.version + 1})
        return self._states[key]


class FixedRollups:
    """Counters by workspace and group, the same in every window."""

    def __init__(self) -> None:
        self.counters: dict[tuple[str, str], Mapping[str, int]] = {}
        self.reads: list[tuple[str, str, Span]] = []

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was set."""
        self.reads.append((workspace, group, span))
        counters = self.counters.get((workspace, group))
        buckets = () if counters is None else (Bucket(span.start, counters),)
        return Reading(buckets, len(buckets), None)

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """Nothing: no rule asks for names."""
        self.reads.append((workspace, group, span))
        return NamedReading((), 0, None)


class FixedRules:
    """Rules by workspace; an exception in the place of a workspace's rules is raised."""

    def __init__(self, rules: Mapping[str, Rules | Exception]) -> None:
        self.by_workspace = dict(rules)

    def workspaces(self) -> list[str]:
        """Every workspace."""
        return list(self.by_workspace)

    def rules(self, workspace: str) -> Rules:
        """Its rules."""
        found = self.by_workspace[workspace]
        if isinstance(found, Exception):
            raise found
        return found


class Ears:
    """Whoever is told: remembers everything, and refuses on demand."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Notice]] = []
        self.deaf: set[str] = set()

    def tell(self, channel: Channel, notice: Notice) -> None:
        """Hears a notice, unless channels of this type are deaf."""
        if channel.type in self.deaf:
            raise Unavailable("The channel does not answer.", code="channel_unavailable")
        self.heard.append((channel.type, notice))

    def transitions(self, channel: str) -> list[str]:
        """What was heard over a channel."""
        return [notice.transition for type_, notice in self.heard if type_ == channel]


def at(minute: float) -> datetime:
    """An instant, some minutes after a Friday morning began."""
    return datetime(2026, 11, 20, 10, tzinfo=UTC) + timedelta(minutes=minute)
