"""Which values are counted apart where they are not known beforehand."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import batched

import pytest

from cairn.events.model import Event, Parcel
from cairn.events.own import OPERATIONS
from cairn.metrics.admitted import ATTEMPTS, Admission
from cairn.metrics.declared import (
    NOTHING_DECLARED,
    declared,
    parse_models,
    published_models,
)
from cairn.metrics.documents import Dimension, TelemetryDocument
from cairn.metrics.model import MODELS_APART, OPERATIONS_APART, PUBLISHED_MODELS
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
    assert Admission(kept).admitting(showing("a"), DECLARED) == DECLARED
    assert kept.reads == 1


def request(operation: str) -> Event:
    return happened(operation, "request.completed", operation=operation)


def call(model: str) -> Event:
    return happened(model, "llm.called", provider="east", model=model)


def test_operations_and_models_are_admitted_in_every_workspace() -> None:
    parcel = parcel_of(request("GET /a"), call("small"), request("GET /b"))
    admitted = Admission(MemoryAdmitted()).admitting(parcel, NOTHING_DECLARED)
    assert admitted.operations == {"GET /a", "GET /b", *OPERATIONS}
    assert admitted.models == {"east/small"}


@pytest.mark.parametrize(
    ("event_of", "which", "most"),
    [(request, "operations", OPERATIONS_APART), (call, "models", MODELS_APART)],
)
def test_so_many_operations_and_models_are_counted_apart_and_no_more(
    event_of: Callable[[str], Event], which: str, most: int
) -> None:
    kept = MemoryAdmitted()
    admission = Admission(kept)
    names = [f"n{number:03}" for number in range(2 * most)]
    for some in batched(names, 10, strict=False):
        admission.admitting(parcel_of(*map(event_of, some)), NOTHING_DECLARED)
    reads = kept.reads
    known = admission.admitting(parcel_of(event_of("more")), NOTHING_DECLARED)
    assert len(getattr(known, which) - OPERATIONS) == most
    assert kept.reads == reads


def test_what_is_cairns_own_or_published_is_always_counted_apart_and_takes_no_place() -> None:
    kept = MemoryAdmitted()
    published = replace(NOTHING_DECLARED, models=frozenset({"east/published"}))
    own = (*map(request, OPERATIONS), call("published"))
    invented = [request(f"GET /{number}") for number in range(OPERATIONS_APART + 5)]
    called = [call(f"m{number}") for number in range(MODELS_APART + 5)]
    first = [invented[0], called[0]]
    for some in batched([*invented, *called], 50, strict=False):
        Admission(kept).admitting(parcel_of(*some), published)
    known = Admission(kept).admitting(parcel_of(*own, *first), published)
    assert known.operations > OPERATIONS
    assert known.models > {"east/published"}
    assert len(known.operations) == OPERATIONS_APART + len(OPERATIONS)
    assert len(known.models) == MODELS_APART + 1


def test_the_models_of_all_documents_are_published_up_to_a_bound() -> None:
    body = {"kind": "models", "providers": [{"id": "east", "model": "meta|small"}]}
    assert published_models([parse_models(json.dumps(body))]) == {"east/meta_small"}
    many = [[f"{document}/{model}" for model in range(8)] for document in "abc"]
    assert published_models([many[0], many[0]]) == set(many[0])
    assert len(published_models(many)) == PUBLISHED_MODELS


@pytest.mark.parametrize("name", ["decide", "model.llm", "tokens.in", "score", "other"])
def test_no_request_takes_the_name_of_something_else_that_is_counted(name: str) -> None:
    admission = Admission(MemoryAdmitted())
    assert admission.admitting(parcel_of(request(name)), NOTHING_DECLARED).operations == OPERATIONS


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
