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

LOOK: Final = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps([name for name in sys.argv[2:] if name in sys.modules]))
"""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_a_handler_imports_nothing_heavy_that_it_is_not_named_for(function: Function) -> None:
    unwanted = sorted(HEAVY - NAMED_FOR.get(function.name, frozenset()))
    done = subprocess.run(  # noqa: S603  # our own words in our own interpreter
        [sys.executable, "-c", LOOK, f"functions.{function.package}.handler", *unwanted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
