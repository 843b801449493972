"""The public conformance files, kept beside these tests."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent
GROWTHBOOK: Final = HERE / "growthbook" / "cases.json"
OFREP: Final = HERE / "ofrep" / "openapi.yaml"

BROWSER: Final = "a variation forced by the page's address: only a browser's SDK sees one"

SKIPPED: Final[Mapping[str, str]] = {
    "decrypt": "encrypted payloads: our features endpoint answers over TLS and encrypts nothing",
    "getQueryStringOverride": BROWSER,
    "urlRedirect": "redirects of pages are carried out by a browser's SDK",
}
"""Groups that do not apply to us, each with its reason."""

FORCED_BY_ADDRESS: Final = frozenset(
    {
        "querystring force",
        "querystring force with inactive",
        "querystring force overrides CB routing",
    }
)
"""Cases of other groups that do not apply for the reason of `getQueryStringOverride`."""


@cache
def growthbook() -> Mapping[str, list[Any]]:  # Any: rows of JSON whose shape each test knows
    """Every group of cases."""
    groups = json.loads(GROWTHBOOK.read_bytes())
    return {name: rows for name, rows in groups.items() if isinstance(rows, list)}


def growthbook_cases(group: str) -> list[Any]:  # Any: the same
    """The rows of one group, as parameters."""
    return [
        pytest.param(row, id=f"{index}: {row[0]}", marks=_marks(group, str(row[0])))
        for index, row in enumerate(growthbook()[group])
    ]


def _marks(group: str, name: str) -> list[pytest.MarkDecorator]:
    reason = SKIPPED.get(group) or (BROWSER if name in FORCED_BY_ADDRESS else None)
    return [] if reason is None else [pytest.mark.skip(reason=reason)]
