"""Fixtures of the functions' own tests: everything in the process, on moto."""

import os
from collections.abc import Iterator

import pytest

from tests.functions.callers import Context
from tests.functions.cloud import ACCOUNT_VARIABLES, Cloud, cloud

os.environ.update(ACCOUNT_VARIABLES)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A fresh AWS account, named in the environment as functions expect it."""
    with cloud() as created:
        for name, value in created.variables.items():
            monkeypatch.setenv(name, value)
        yield created


@pytest.fixture
def context() -> Context:
    """A Lambda context with ten seconds left."""
    return Context()
