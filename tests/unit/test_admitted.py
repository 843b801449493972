"""Which values an open dimension counts apart."""

import pytest

from cairn.events.model import Parcel
from cairn.metrics.admitted import ATTEMPTS, Admission
from cairn.metrics.declared import declared
from cairn.metrics.model import Dimension, TelemetryDocument
from cairn.platform.errors import Conflict
from tests.fakes.admitted import MemoryAdmitted
from tests.parcels import DECLARED, happened, parcel_of

OPEN = declared(
    TelemetryDocument(
        dimensions=(
            Dimension(name="campaign", limit=3),
            Dimension(name="plan", values=("trial",)),
        )
    )
)


def showing(*values: str) -> Parcel:
    return parcel_of(*(happened(value, campaign=value) for value in values))


def admitted(admission: Admission, *values: str) -> frozenset[str]:
    return admission.admitting(showing(*values), OPEN).dimensions["campaign"]


def test_the_first_values_that_come_are_admitted_and_stay() -> None:
    admission = Admission(MemoryAdmitted())
    assert admitted(admission, "b", "a", "b") == {"a", "b"}
    assert admitted(admission, "d", "c") == {"a", "b", "d"}
    assert admitted(admission, "e") == {"a", "b", "d"}


def test_a_closed_dimension_is_left_as_it_is() -> None:
    kept = MemoryAdmitted()
    assert Admission(kept).admitting(showing("a"), OPEN).dimensions["plan"] == {"trial"}
    assert Admission(kept).admitting(showing("a"), DECLARED) is DECLARED


def test_a_process_reads_only_where_a_value_is_new_and_there_is_room() -> None:
    kept = MemoryAdmitted()
    admission = Admission(kept)
    for values in (("a", "b"), ("b", "a"), ("c",), ("c", "d"), ("e",)):
        admitted(admission, *values)
    assert kept.reads == 2


def test_another_process_knows_what_was_admitted() -> None:
    kept = MemoryAdmitted()
    admitted(Admission(kept), "a")
    assert admitted(Admission(kept), "b") == {"a", "b"}


def test_what_another_process_admits_meanwhile_has_its_place() -> None:
    kept = MemoryAdmitted()
    kept.meanwhile.append(frozenset({"x", "y"}))
    assert admitted(Admission(kept), "a", "b") == {"x", "y", "a"}


def test_a_value_that_can_not_be_in_a_counters_name_is_not_admitted() -> None:
    assert admitted(Admission(MemoryAdmitted()), "a|b", "x" * 65, "c") == {"c"}


def test_too_many_conflicts_return_the_parcel() -> None:
    kept = MemoryAdmitted()
    kept.meanwhile += [frozenset({f"{number}"}) for number in range(ATTEMPTS)]
    wide = declared(TelemetryDocument(dimensions=(Dimension(name="campaign", limit=100),)))
    with pytest.raises(Conflict):
        Admission(kept).admitting(showing("a"), wide)
    assert Admission(kept).admitting(showing("a"), wide).dimensions["campaign"] >= {"a", "0"}
