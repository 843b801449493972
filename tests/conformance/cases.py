"""The public conformance files, read where they are present beside the repository."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3] / "shared" / "conformance"
GROWTHBOOK = ROOT / "growthbook" / "cases.json"
OFREP = ROOT / "ofrep" / "openapi.yaml"


def growthbook_cases(group: str) -> list[Any]:  # Any: rows of JSON whose shape each test knows
    """The rows of one group, as parameters; a single skipped one where the file is absent."""
    if not GROWTHBOOK.is_file():
        reason = "the GrowthBook conformance cases are not beside the repository"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [
        pytest.param(row, id=f"{index}: {row[0]}")
        for index, row in enumerate(json.loads(GROWTHBOOK.read_bytes())[group])
    ]
