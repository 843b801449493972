"""How long each function takes to start, beside the least that a function could be.

Every start is a fresh process of this interpreter with compiled bytecode at hand (a first round
writes it into a folder of its own, whatever the environment says). The floor and all functions
take turns, round after round, and a function's ratio is the median over rounds of
its time to the floor's time in the same round, so that a busy machine moves both sides.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Final

from cairn.platform.settings import Settings, variable
from infra.catalog import FUNCTIONS, Function
from infra.proof import Report, Target, Unmeasurable

STARTED: Final = Path(__file__).with_name("started.py")
BYTECODE: Final = Path(__file__).parents[2] / ".cairn" / "bytecode"
FLOOR: Final = "floor"

TARGETS: Final[Mapping[str, float]] = {"analyze": 1.35, "decide-next-step": 1.45}
"""Functions that may weigh more than the others, times the floor.

analyze knows the words of flags, metrics, experiments and their results, and nobody waits for its
ticks.
"""

OTHERS: Final = 1.20
WITH_CACHE: Final = "decide-next-step with its cache client"
"""What a first decision waits for where its tables answer at once; see `LateCache`."""

WITH_STATISTICS: Final = "analyze with its statistics"
"""What its first experiment waits for; nobody waits for its first tick."""

FREE: Final = frozenset({"console", WITH_CACHE, WITH_STATISTICS})
"""Functions whose weight is told, not judged."""

EXAMPLES: Final[Mapping[str, str]] = {
    "environment": "local",
    "log_level": "INFO",
    "cache_url": "redis://127.0.0.1:6379",
    "shards": "4",
    "traces": "on",
    "trace_days": "3",
    "trace_slow_ms": "1000",
    "trace_share": "0",
    "trace_payloads": "false",
    "trace_otlp_url": "",
    "trace_xray": "false",
}
"""Settings that must make sense; any other is a name and its own value."""

HOW: Final = (
    "fresh process each; import of the handler and first wiring() with its clients; "
    "decide-next-step imports its cache client beside the first read of its tables, "
    "so that it is told apart; so are the statistics of analyze, which come with the first "
    "experiment; models of decisions are built when first used; "
    "bytecode warm; ratio = median of ratios within a round"
)

type Start = Callable[[Sequence[str]], float]
"""Starts modules in a fresh process and gives milliseconds; replaced in tests."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is started: a function or the floor.

    Attributes:
        modules: the handler's module; of a function, that of its wiring; what it imports later.
    """

    name: str
    modules: tuple[str, ...]


def subjects() -> list[Subject]:
    """The floor, every function of the catalog, and what one of them imports later."""
    functions = [_subject(each) for each in FUNCTIONS]
    decide = next(each for each in functions if each.name == "decide-next-step")
    analyze = next(each for each in functions if each.name == "analyze")
    late = Subject(WITH_CACHE, (*decide.modules, "cairn.platform.valkey"))
    judging = Subject(WITH_STATISTICS, (*analyze.modules, "functions.analyze.statistics"))
    return [Subject(FLOOR, ("infra.bench.floor",)), *functions, late, judging]


def measure(rounds: int, start: Start, started: Sequence[Subject]) -> Iterator[dict[str, float]]:
    """One round of starts after the other, milliseconds by name; a first one only warms up."""
    for number in range(rounds + 1):
        taken = {each.name: start(each.modules) for each in started}
        if number:
            yield taken


def report(rounds: Sequence[Mapping[str, float]]) -> Report:
    """The rounds as medians with their spread, and ratios to the floor with their targets."""
    ratios = {name: _ratio(name, rounds) for name in rounds[0] if name != FLOOR}
    targets = [
        Target(name, ratio, "ratio", "<=", TARGETS.get(name, OTHERS))
        for name, ratio in ratios.items()
        if name not in FREE
    ]
    told = {name: _told([each[name] for each in rounds]) for name in rounds[0]}
    free = {name: ratio for name, ratio in ratios.items() if name in FREE}
    details = {"how": HOW, "rounds": len(rounds), "start_ms": told, "without_target": free}
    return Report("bench imports", targets, details)


def fresh(modules: Sequence[str]) -> float:
    """Starts modules in a process of their own; milliseconds.

    Raises:
        Unmeasurable: they do not start.
    """
    done = subprocess.run(  # noqa: S603  # our own file in our own interpreter
        [sys.executable, str(STARTED), *modules],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = done.stderr.strip().rpartition("\n")[2]
        raise Unmeasurable(f"{modules[0]} does not start: {why}")
    return float(done.stdout)


def _subject(function: Function) -> Subject:
    package = f"functions.{function.package}"
    return Subject(function.name, (f"{package}.handler", f"{package}.wiring"))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTECODE), **_variables()}


def _variables() -> dict[str, str]:
    """What every function is told of its environment, made up: nothing is called at start."""
    declared: list[type[Settings]] = [
        import_module(f"functions.{each.package}.settings").Settings for each in FUNCTIONS
    ]
    fields = {field for settings in declared for field in settings.model_fields}
    filled = {variable(field): EXAMPLES.get(field, field) for field in fields}
    account = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    return {**filled, **account, "AWS_DEFAULT_REGION": "eu-central-1"}


def _ratio(name: str, rounds: Sequence[Mapping[str, float]]) -> float:
    return round(median(each[name] / each[FLOOR] for each in rounds), 3)


def _told(times_ms: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(median(times_ms), 1),
        "least": round(min(times_ms), 1),
        "most": round(max(times_ms), 1),
    }
