"""What every keeper of admitted values keeps to: the real one on moto, and the one of the tests."""

from collections.abc import Iterator

import boto3
import pytest

from cairn.metrics.admitted import Admitted
from cairn.metrics.store import AdmittedStore
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from tests.fakes.admitted import MemoryAdmitted
from tests.functions.cloud import cloud
from tests.parcels import WORKSPACE

NONE: frozenset[str] = frozenset()


@pytest.fixture(params=["in_memory", "in_tables"])
def kept(request: pytest.FixtureRequest) -> Iterator[Admitted]:
    if request.param == "in_memory":
        yield MemoryAdmitted()
    else:
        with cloud() as aws:
            yield AdmittedStore(Dynamo(boto3.client("dynamodb")), aws.table("metrics"))


def test_values_are_only_ever_added(kept: Admitted) -> None:
    assert kept.admitted(WORKSPACE, "campaign") == NONE
    kept.admit(WORKSPACE, "campaign", NONE, frozenset({"spring", "größer"}))
    known = kept.admitted(WORKSPACE, "campaign")
    kept.admit(WORKSPACE, "campaign", known, frozenset({"autumn"}))
    assert kept.admitted(WORKSPACE, "campaign") == {"spring", "größer", "autumn"}


def test_dimensions_and_workspaces_are_apart(kept: Admitted) -> None:
    kept.admit(WORKSPACE, "campaign", NONE, frozenset({"spring"}))
    assert kept.admitted(WORKSPACE, "plan") == kept.admitted("elsewhere", "campaign") == NONE


@pytest.mark.parametrize("known", [NONE, frozenset({"spring"})])
def test_whoever_knows_other_values_adds_nothing(kept: Admitted, known: frozenset[str]) -> None:
    kept.admit(WORKSPACE, "campaign", NONE, frozenset({"spring", "autumn"}))
    with pytest.raises(Conflict):
        kept.admit(WORKSPACE, "campaign", known, frozenset({"winter"}))
    assert kept.admitted(WORKSPACE, "campaign") == {"spring", "autumn"}
