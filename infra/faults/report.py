"""What `cairn faults` tells: each run, and whether all of them went as designed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.table import Table

from infra.faults.run import Played
from infra.inprocess.house import DEADLINE_MS
from infra.proof import Report, Target, plain

GRACE_MS: Final = 50.0
"""How long after its deadline an answer may come."""

HOW: Final = (
    "the real cascade and model calls in this process, stores for free, scripted servers over "
    "HTTP on loopback; the first provider plays the scenario, the second is good"
)


def report(played: Sequence[Played]) -> Report:
    """The runs as targets and details."""
    odd = [each for each in played if not each.as_designed]
    latest = max(each.took_ms for each in played)
    untold = [each for each in played if not _balances(each)]
    return Report(
        "faults",
        [
            Target("runs that did not go as designed", len(odd), "runs", "==", 0),
            Target("plans that may not be shown", _invalid(played), "plans", "==", 0),
            Target("longest answer", latest, "ms", "<=", DEADLINE_MS + GRACE_MS),
            Target("runs whose tokens are not the providers'", len(untold), "runs", "==", 0),
            Target("scenarios", len({each.run.scenario for each in played}), "scenarios", ">=", 20),
        ],
        {"how": HOW, "deadline_ms": DEADLINE_MS, "runs": [_told(each) for each in played]},
    )


def table(played: Sequence[Played]) -> Table:
    """The runs for people."""
    shown = Table("scenario", "tier", "providers", "source", "degraded", "attempts", "tokens", "ms")
    shown.add_column("")
    for column in (2, 6, 7):
        shown.columns[column].justify = "right"
    for each in played:
        mark = "[green]✓[/]" if each.as_designed and each.valid else "[red]✗[/]"
        shown.add_row(
            each.run.scenario,
            each.run.tier,
            str(each.run.providers),
            each.source,
            each.degraded or "",
            ", ".join(each.attempts),
            plain(each.usage.total),
            plain(each.took_ms),
            mark,
        )
    return shown


def _invalid(played: Sequence[Played]) -> int:
    return sum(not each.valid for each in played)


def _balances(played: Played) -> bool:
    """Whether all tokens that were told of are in the ledger; estimates come on top.

    What is not read to its end, where usage stands, cannot be in the ledger but by estimate.
    """
    if any(each.endswith(("timeout", "too_large")) for each in played.attempts):
        return True
    total = played.usage.total
    return total >= played.told if played.usage.estimated else total == played.told


def _told(played: Played) -> dict[str, object]:
    return {
        "scenario": played.run.scenario,
        "tier": played.run.tier,
        "providers": played.run.providers,
        "source": played.source,
        "degraded": played.degraded,
        "attempts": played.attempts,
        "tokens": asdict(played.usage),
        "tokens_told": played.told,
        "cost_usd": round(played.cost_usd, 9),
        "took_ms": played.took_ms,
        "valid_plan": played.valid,
        "expected": asdict(played.run.expected),
        "as_designed": played.as_designed,
    }
