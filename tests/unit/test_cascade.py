"""The cascade: tiers in order, under one deadline, within the whitelist."""

from dataclasses import dataclass

import pytest

from cairn.decisions.cascade import Outcome, run
from cairn.decisions.finding import Degraded, Finding, Pass, Reason, RuleTrace, Source
from cairn.platform.clock import Deadline

TRACE = RuleTrace(id="r", outcome="unmet", leads_to="a", confidence=1, held=0, clauses=1)
DOWN = Degraded(code="cache_unavailable", detail="Down.")


class Time:
    """Seconds that pass only when told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def finding(choice: str) -> Finding[str]:
    return Finding(choice=choice, confidence=0.8, reasons=(Reason(code="c", text="t"),))


@dataclass
class Tier:
    """A tier that gives what it is told, after a while."""

    source: Source
    gives: Finding[str] | Pass
    time: Time
    takes_s: float = 0.0

    def find(self, case: str, deadline: Deadline) -> Finding[str] | Pass:  # noqa: ARG002  # the port's words
        """Gives it."""
        self.time.now_s += self.takes_s
        return self.gives


@pytest.fixture
def time() -> Time:
    return Time()


def admits(case: str, choice: str) -> bool:
    return choice != "foreign" and case == "here"


def decided(time: Time, *tiers: Tier, ms: float = 1_000) -> Outcome[str]:
    fallback = Tier("fallback", finding("last"), time)
    return run(
        "here", tiers, fallback, lambda _, choice: choice != "foreign", Deadline.within(ms, time)
    )


def ways(outcome: Outcome[str]) -> list[tuple[str, str]]:
    return [(each.source, each.outcome) for each in outcome.attempts]


def test_the_first_finding_decides(time: Time) -> None:
    outcome = decided(
        time,
        Tier("cache", Pass("miss"), time),
        Tier("rules", finding("a"), time, takes_s=0.002),
        Tier("llm", finding("b"), time),
    )
    assert (outcome.source, outcome.finding.choice) == ("rules", "a")
    assert ways(outcome) == [("cache", "miss"), ("rules", "found")]
    assert outcome.attempts[1].took_ms == pytest.approx(2)


def test_a_finding_outside_the_whitelist_is_not_followed(time: Time) -> None:
    outcome = decided(time, Tier("cache", finding("foreign"), time))
    assert outcome.finding.choice == "last"
    assert ways(outcome) == [("cache", "not_admitted"), ("fallback", "found")]


def test_a_tier_without_time_is_left_out_and_the_fallback_answers(time: Time) -> None:
    outcome = decided(
        time,
        Tier("cache", Pass("miss"), time, takes_s=0.095),
        Tier("rules", finding("a"), time),
        ms=100,
    )
    assert ways(outcome) == [("cache", "miss"), ("rules", "out_of_time"), ("fallback", "found")]
    assert [each.code for each in outcome.degraded] == ["out_of_time"]


def test_the_fallback_answers_even_after_the_deadline(time: Time) -> None:
    late = decided(time, Tier("cache", finding("a"), time), Tier("rules", finding("a"), time), ms=0)
    assert (late.source, len(late.degraded)) == ("fallback", 1)


def test_what_was_missing_and_what_the_rules_said_goes_along(time: Time) -> None:
    outcome = decided(
        time,
        Tier("cache", Pass("cache_unavailable", degraded=DOWN), time),
        Tier("rules", Pass("no_rule", (TRACE,)), time),
    )
    assert outcome.degraded == (DOWN,)
    assert outcome.evidence == (TRACE,)


def test_a_fallback_that_may_not_be_shown_is_a_fault_of_ours(time: Time) -> None:
    fallback = Tier("fallback", finding("foreign"), time)
    with pytest.raises(AssertionError):
        run("here", (), fallback, lambda *_: False, Deadline.within(10, time))
