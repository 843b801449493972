"""The law of weight: a function imports only what its own path needs."""

import json
import subprocess
import sys
from typing import Final

import pytest

from infra.catalog import FUNCTIONS, Function

HEAVY: Final = frozenset({"openai", "fastapi", "aws_xray_sdk", "scipy", "numpy"})
NAMED_FOR: Final = {"console": frozenset({"fastapi"})}
"""What a function is named for, and may import."""

LATER: Final = {
    "aggregate_metrics": ("cairn.experiments", "cairn.flags"),
    "decide_next_step": ("cairn.experiments", "cairn.flags", "cairn.metrics", "cairn.llm.calling"),
}
"""What a function needs for some workspaces only, and imports with the first of them."""

LOOK: Final = """
import gc, importlib, json, sys
looked = []
gc.collect()
gc.callbacks.append(lambda *told: looked.append(told))
importlib.import_module(f"functions.{sys.argv[1]}.handler")
importlib.import_module(f"functions.{sys.argv[1]}.wiring")
print(json.dumps({"modules": list(sys.modules), "collections": len(looked)}))
"""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_a_start_imports_nothing_heavy_and_does_not_wait_for_the_collector(
    function: Function,
) -> None:
    modules, collections = started(function.package)
    assert modules & HEAVY - NAMED_FOR.get(function.name, frozenset()) == set()
    assert collections == 0


@pytest.mark.parametrize(("package", "later"), LATER.items(), ids=LATER)
def test_what_some_workspaces_need_is_imported_with_the_first_of_them(
    package: str, later: tuple[str, ...]
) -> None:
    modules, _ = started(package)
    assert [name for name in modules if name.startswith(later)] == []


def started(package: str) -> tuple[frozenset[str], int]:
    """What a fresh process has imported with a function, and how often it looked for garbage."""
    done = subprocess.run(  # noqa: S603  # our own words in our own interpreter
        [sys.executable, "-c", LOOK, package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return frozenset(told["modules"]), told["collections"]
