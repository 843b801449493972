"""How `cairn bench tracing` judges; little is measured."""

from infra.bench.tracing.measure import decisions, spans
from infra.bench.tracing.report import report


def missed(
    *, recorded: float = 1.05, without_ns: float = 400, with_ns: float = 2_000
) -> dict[str, float]:
    rounds = [
        {"off": 1.0, "recorded": recorded, "root": 1.9, "everything": 2.0},
        {"off": 2.0, "recorded": recorded + 1, "root": 2.9, "everything": 3.0},
    ]
    found = report(rounds, [(without_ns, with_ns)])  # type: ignore[arg-type]  # modes by name
    more = found.details["more_cpu_ms"]
    assert more["root"]["median"] == 0.9  # type: ignore[index]  # JSON
    return {each.name: each.value for each in found.targets if not each.ok}


def test_all_targets_can_be_met() -> None:
    assert missed() == {}


def test_each_target_is_missed_by_its_own_value() -> None:
    assert missed(recorded=1.2) == {"recording a decision": 0.2}
    assert missed(without_ns=1_001) == {"a span, not recorded": 1_001}
    assert missed(with_ns=5_001) == {"a span, recorded": 5_001}


def test_every_mode_decides_once_in_each_round_and_every_trace_is_written() -> None:
    (taken,) = decisions(1)
    assert [*sorted(taken)] == ["everything", "off", "recorded", "root"]
    assert all(each > 0 for each in taken.values())


def test_spans_are_timed_without_a_recorder_and_with_one() -> None:
    ((without_ns, with_ns),) = spans(1)
    assert without_ns > 0
    assert with_ns > 0
