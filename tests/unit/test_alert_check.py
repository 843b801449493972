"""One run over all alerts: told once, lost never, and no failure spreads."""

import threading
from collections.abc import Mapping

from pydantic import ValidationError

from cairn.alerts.check import Check, Report, Rules
from cairn.alerts.evaluate import Rule
from cairn.alerts.model import Channel
from cairn.alerts.published import compiled_rule
from cairn.alerts.state import AlertState, Notice, Phase
from cairn.alerts.telling import RESERVE_MS, Tell
from cairn.configuration.model import Document, Kind
from cairn.platform.clock import Deadline
from cairn.platform.errors import StoreUnavailable
from tests.fakes.alerts import Ears, FixedRollups, FixedRules, MemoryStates, at, rule
from tests.fakes.ticks import Ticks

PLENTY_MS = 30_000


def unreadable(alert: str) -> Rule | ValidationError:
    return compiled_rule(Document(Kind.ALERT, alert, 1, '{"kind":"alert"}', ""))


class House:
    """Everything a check stands on, in memory."""

    def __init__(self, rules: Mapping[str, Rules | Exception] | None = None) -> None:
        self.rules = FixedRules(rules or {"demo": {"busy": rule()}})
        self.rollups = FixedRollups()
        self.states = MemoryStates()
        self.ears = Ears()

    def check(self, states: MemoryStates | None = None) -> Check:
        return Check(
            published=self.rules,
            rollups=self.rollups,
            states=states or self.states,
            channels=lambda: self.ears.tell,
            environment="local",
        )

    def slowly(self, tell: Tell, ticks: Ticks) -> Check:
        """A check that opens its channels for a minute."""

        def opened() -> Tell:
            ticks.now_s += 60
            return tell

        return Check(self.rules, self.rollups, self.states, opened, "local")

    def sessions(self, count: int, workspace: str = "demo") -> None:
        self.rollups.counters[workspace, "all"] = {"sessions": count}

    def run(self, minute: float) -> Report:
        return self.check().run(at(minute), Deadline.within(PLENTY_MS))

    def state(self, alert: str = "busy", workspace: str = "demo") -> AlertState:
        return self.states.states(workspace)[alert]


def test_each_transition_is_told_once_over_each_channel() -> None:
    house = House()
    for minute, count in enumerate([5, 11, 12, 13, 4, 5]):
        house.sessions(count)
        house.run(minute)
    assert house.ears.transitions("bus") == ["firing", "resolved"]
    assert house.ears.transitions("log") == ["firing", "resolved"]
    assert house.state().undelivered == ()


def test_a_report_counts_what_was_done() -> None:
    house = House({"demo": {"busy": rule(), "calm": rule(id="calm", threshold=99)}, "empty": {}})
    house.sessions(11)
    assert house.run(0) == Report(turns=2, rules=2, firing=1, told=2, untold=0)


def test_a_rule_that_stays_calm_writes_nothing() -> None:
    house = House()
    house.sessions(1)
    house.run(0)
    assert house.states.states("demo") == {}


class Meanwhile(MemoryStates):
    """States of a run that is overtaken by a whole other run after it has read."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def states(self, workspace: str) -> dict[str, AlertState]:
        found = self._house.states.states(workspace)
        self._house.run(0)
        return found

    def save(self, workspace: str, state: AlertState) -> AlertState:
        return self._house.states.save(workspace, state)


def test_two_runs_at_once_tell_a_transition_once() -> None:
    house = House()
    house.sessions(11)
    report = house.check(Meanwhile(house)).run(at(0), Deadline.within(PLENTY_MS))
    assert house.ears.transitions("log") == ["firing"]
    assert (report.told, report.failures) == (0, [])


def test_a_run_does_not_deliver_what_another_is_delivering() -> None:
    house = House()
    house.sessions(11)
    house.ears.deaf = {"log"}

    def during(channel: Channel, notice: Notice) -> None:
        house.run(0.2)
        house.ears.tell(channel, notice)

    outer = Check(house.rules, house.rollups, house.states, lambda: during, "local")
    outer.run(at(0), Deadline.within(PLENTY_MS))
    assert house.ears.transitions("bus") == ["firing"]


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_between_the_state_and_the_notice_loses_nothing() -> None:
    house = House()
    house.sessions(11)

    class Dying(MemoryStates):
        def states(self, workspace: str) -> dict[str, AlertState]:
            return house.states.states(workspace)

        def save(self, workspace: str, state: AlertState) -> AlertState:
            house.states.save(workspace, state)
            raise Crash

    try:
        house.check(Dying()).run(at(0), Deadline.within(PLENTY_MS))
    except Crash:
        assert house.ears.heard == []

    house.run(0.5)
    assert house.ears.heard == []  # the dead run's claim still stands

    house.run(1)
    house.run(2)
    assert house.ears.transitions("log") == ["firing"]


def test_a_crash_after_the_notice_tells_it_again_under_the_same_id() -> None:
    house = House()
    house.sessions(11)

    class Dying(MemoryStates):
        saves = 0

        def states(self, workspace: str) -> dict[str, AlertState]:
            return house.states.states(workspace)

        def save(self, workspace: str, state: AlertState) -> AlertState:
            self.saves += 1
            if self.saves > 1:
                raise Crash
            return house.states.save(workspace, state)

    try:
        house.check(Dying()).run(at(0), Deadline.within(PLENTY_MS))
    except Crash:
        assert house.ears.transitions("log") == ["firing"]

    house.run(1)
    first, again = [notice for channel, notice in house.ears.heard if channel == "log"]
    assert first == again


def test_a_channel_that_fails_is_tried_again_and_holds_up_no_other() -> None:
    house = House()
    house.sessions(11)
    house.ears.deaf = {"bus"}
    report = house.run(0)
    assert (report.told, report.untold) == (1, 1)
    assert report.failures == ["demo/busy: channel_unavailable"]
    assert house.run(1).untold == 1

    house.ears.deaf = set()
    assert (house.run(2).told, house.run(3).told) == (1, 0)
    assert house.ears.transitions("bus") == ["firing"]
    assert house.ears.transitions("log") == ["firing"]


def test_a_channel_hears_notices_in_their_order() -> None:
    house = House()
    house.sessions(11)
    house.ears.deaf = {"log"}
    house.run(0)
    house.sessions(1)
    house.run(1)
    house.ears.deaf = set()
    house.run(2)
    assert house.ears.transitions("log") == ["firing", "resolved"]


def test_a_state_that_moved_while_it_was_told_is_settled_where_it_stands() -> None:
    house = House()
    house.sessions(11)

    def during(channel: Channel, notice: Notice) -> None:
        house.ears.tell(channel, notice)
        if channel.type == "log" and notice.transition == "firing":
            house.sessions(1)
            house.run(0.5)

    Check(house.rules, house.rollups, house.states, lambda: during, "local").run(
        at(0), Deadline.within(PLENTY_MS)
    )
    assert house.state().phase is Phase.RESOLVED
    house.run(1)
    assert house.ears.transitions("log") == ["firing", "resolved"]
    assert house.state().undelivered == ()


def test_a_workspace_that_fails_stops_no_other() -> None:
    broken = StoreUnavailable("The configuration cannot be read.")
    house = House({"broken": broken, "demo": {"busy": rule()}})
    house.sessions(11)
    report = house.run(0)
    assert report.failures == ["broken: store_unavailable"]
    assert house.ears.transitions("log") == ["firing"]


def test_without_time_no_workspace_is_evaluated_and_the_next_run_begins_with_another() -> None:
    house, ticks = House({name: {"busy": rule()} for name in ("a", "b", "c")}), Ticks()

    class Slow(FixedRollups):
        def read(self, workspace: str, group: str, span: object) -> object:  # type: ignore[override]  # passed on
            ticks.now_s += 30
            asked.append(workspace)
            return super().read(workspace, group, span)  # type: ignore[arg-type]  # as it came

    house.rollups = Slow()
    asked: list[str] = []
    for minute in range(3):
        report = house.check().run(at(minute), Deadline.within(50_000, ticks))
        assert (report.turns, report.unfinished) == (1, 2)
    assert sorted(asked) == ["a", "b", "c"]


def test_a_rule_that_fails_stops_no_other() -> None:
    class Torn(FixedRollups):
        def read(self, workspace: str, group: str, span: object) -> object:  # type: ignore[override]  # passed on
            if group == "plan":
                raise StoreUnavailable("The table refuses for now.")
            return super().read(workspace, group, span)  # type: ignore[arg-type]  # as it came

    house = House({"demo": {"a": rule(id="a", group={"plan": "x"}), "busy": rule()}})
    house.rollups = Torn()
    house.sessions(11)
    report = house.run(0)
    assert report.failures == ["demo/a: store_unavailable"]
    assert house.ears.transitions("log") == ["firing"]


def test_a_rule_that_cannot_be_read_is_named_and_stops_no_other() -> None:
    house = House({"demo": {"a": unreadable("a"), "busy": rule()}})
    house.sessions(11)
    assert house.run(0).failures == ["demo/a: ValidationError"]
    assert house.ears.transitions("log") == ["firing"]


def test_what_is_undelivered_is_told_even_while_the_rule_cannot_be_evaluated() -> None:
    house = House()
    house.sessions(11)
    house.ears.deaf = {"log"}
    house.run(0)
    house.ears.deaf = set()
    house.rules.by_workspace["demo"] = {"busy": unreadable("busy")}
    report = house.run(1)
    assert (report.told, report.firing, report.failures) == (1, 1, ["demo/busy: ValidationError"])
    assert house.ears.transitions("log") == ["firing"]


def test_a_notice_that_nobody_takes_for_a_day_is_given_up_and_named() -> None:
    house = House()
    house.sessions(11)
    house.ears.deaf = {"log"}
    house.run(0)
    notice = house.ears.heard[0][1].id
    assert house.run(24 * 60).failures[-1] == f"demo/busy: {notice} was given up"
    house.ears.deaf = set()
    assert house.run(24 * 60 + 1).told == 0


class Restless(MemoryStates):
    """States that somebody else moves before each settlement."""

    def __init__(self, states: MemoryStates) -> None:
        super().__init__()
        self._inner = states
        self._saves = 0

    def states(self, workspace: str) -> dict[str, AlertState]:
        return self._inner.states(workspace)

    def save(self, workspace: str, state: AlertState) -> AlertState:
        self._saves += 1
        if self._saves > 1:
            self._inner.save(workspace, self._inner.states(workspace)[state.alert])
        return self._inner.save(workspace, state)


def test_a_state_that_never_comes_to_rest_is_named() -> None:
    house = House()
    house.sessions(11)
    report = house.check(Restless(house.states)).run(at(0), Deadline.within(PLENTY_MS))
    assert report.failures == ["demo/busy: delivered, but not recorded"]


def test_a_withdrawn_rule_is_resolved() -> None:
    house = House()
    house.sessions(11)
    house.run(0)
    house.rules.by_workspace["demo"] = {}
    assert house.run(1).told == 2
    assert [notice.reason for _, notice in house.ears.heard[2:]] == ["withdrawn", "withdrawn"]
    assert house.run(2).told == 0


def test_a_slow_channel_is_left_behind_at_the_deadline() -> None:
    house = House({"demo": {"busy": rule()}, "other": {"busy": rule(threshold=1)}})
    house.sessions(11)
    house.sessions(2, "other")
    release = threading.Event()

    def tell(channel: Channel, notice: Notice) -> None:
        if notice.workspace == "demo":
            release.wait()
        house.ears.tell(channel, notice)

    ticks = Ticks()
    try:
        report = house.slowly(tell, ticks).run(at(0), Deadline.within(RESERVE_MS + 61_000, ticks))
    finally:
        release.set()
    assert (report.told, report.untold) == (2, 2)
    assert house.state().undelivered != ()
    assert house.state(workspace="other").undelivered == ()


def test_without_time_nothing_is_told_and_everything_is_kept() -> None:
    house = House()
    house.sessions(11)
    ticks = Ticks()
    check = house.slowly(house.ears.tell, ticks)
    report = check.run(at(0), Deadline.within(RESERVE_MS + 60_000, ticks))
    assert (report.told, report.untold) == (0, 2)
    house.run(1)
    assert house.ears.transitions("log") == ["firing"]
