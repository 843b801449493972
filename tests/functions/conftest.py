"""Fixtures of the functions' own tests: everything in the process, on moto."""

import os
from collections.abc import Iterator

import pytest

from tests.functions.callers import Context
from tests.functions.cloud import ACCOUNT_VARIABLES, Cloud, cloud
from tests.functions.deciding import House, housed
from tests.functions.granted import watched

os.environ.update(ACCOUNT_VARIABLES)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A fresh AWS account, named in the environment as functions expect it."""
    with cloud() as created:
        for name, value in created.variables.items():
            monkeypatch.setenv(name, value)
        yield created


@pytest.fixture(autouse=True)
def _granted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a function asks of AWS in a test, its role in the cloud allows."""
    watch = watched(monkeypatch)
    yield
    assert not watch.refused


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house in which decisions are made."""
    with housed(aws, monkeypatch) as built:
        yield built


@pytest.fixture
def context() -> Context:
    """A Lambda context with ten seconds left."""
    return Context()
