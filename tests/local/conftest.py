"""One local stack for all tests that need one; they belong to the xdist group `local`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.cli.seed import seed
from infra.local.stack import LocalStack, local_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A running stack on free ports with the example configuration and keys in its facts."""
    with local_stack(logs=tmp_path_factory.mktemp("logs")) as running:
        yield replace(running, facts=seed(running.facts, now=datetime.now(UTC)))
