"""What a telemetry document may say, and what stored items must hold."""

from typing import Any

import pytest
from pydantic import ValidationError

from cairn.metrics.declared import NOTHING_DECLARED, declared
from cairn.metrics.documents import Dimension, PageKind, TelemetryDocument
from cairn.metrics.items import done_of, state_of
from cairn.platform.dynamo import Item
from tests.parcels import happened


@pytest.mark.parametrize(
    "name", ["all", "operations", "subjects", "flow.onboarding", "flows", "personas", "sources"]
)
def test_a_dimension_may_not_be_named_like_a_group_that_there_is_anyway(name: str) -> None:
    with pytest.raises(ValidationError, match="always counted"):
        Dimension(name=name, values=("x",))


@pytest.mark.parametrize("name", ["email", "path", "trace_id"])
def test_nothing_personal_or_endless_is_a_dimension(name: str) -> None:
    with pytest.raises(ValidationError, match="says who somebody is"):
        Dimension(name=name, limit=10)


@pytest.mark.parametrize("name", ["plan", "variation.adaptive-onboarding", "variation.Headline.v2"])
def test_a_dimension_is_an_attribute_or_the_variation_of_a_flag(name: str) -> None:
    assert Dimension(name=name, limit=10).name == name


@pytest.mark.parametrize("bounds", [{}, {"values": ("x",), "limit": 3}, {"limit": 101}])
def test_a_dimension_is_bounded_in_exactly_one_way(bounds: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Dimension.model_validate({"name": "plan", **bounds})


def test_few_dimensions_have_segments() -> None:
    wide = [Dimension(name=f"d{number}", limit=1, segments=True) for number in range(4)]
    with pytest.raises(ValidationError, match="at most 3"):
        TelemetryDocument(dimensions=tuple(wide))


@pytest.mark.parametrize("value", ["", "a|b", "x" * 65])
def test_a_value_must_fit_a_counters_name(value: str) -> None:
    with pytest.raises(ValidationError):
        Dimension(name="plan", values=(value,))


def test_counters_stay_few() -> None:
    dimension = Dimension(name="plan", values=("trial",))
    with pytest.raises(ValidationError, match="at most 8 items"):
        TelemetryDocument(dimensions=(dimension,) * 9)


def test_a_page_is_of_one_kind() -> None:
    kinds = (PageKind(name="a", values=("x", "y")), PageKind(name="b", values=("y",)))
    with pytest.raises(ValidationError, match="y stands in several"):
        TelemetryDocument(page_kinds=kinds)


def test_pages_are_of_the_kinds_that_are_declared_and_else_of_another() -> None:
    known = declared(TelemetryDocument(page_kinds=(PageKind(name="product", values=("pricing",)),)))
    assert known.kind_of(happened("a", kind="pricing")) == "product"
    assert known.kind_of(happened("a", kind="ProductRelated")) == "other"
    assert known.kind_of(happened("a")) == "other"
    assert known.kind_of(happened("a", "step.viewed", kind="pricing")) is None


def test_the_pages_of_the_data_set_are_known_where_nothing_is_declared() -> None:
    assert NOTHING_DECLARED.kind_of(happened("a", kind="ProductRelated")) == "product"
    assert declared(TelemetryDocument()) == NOTHING_DECLARED


def test_an_item_that_holds_no_number_where_one_belongs_is_not_guessed_at() -> None:
    with pytest.raises(TypeError, match="holds str where a whole number belongs"):
        done_of({"done": "3"})


def test_an_item_without_ids_has_seen_none_lately() -> None:
    item: Item = {"version": 2, "body": '{"recent": [["page.viewed", 1]], "events": 1}'}
    state = state_of(item)
    assert (state.version, state.ids, state.recent[0].at_ms) == (2, frozenset(), 1)


@pytest.mark.parametrize("wide", [{"values": tuple(map(str, range(11)))}, {"limit": 11}])
def test_segments_are_few_so_that_their_counters_fit_an_item(wide: dict[str, Any]) -> None:
    Dimension(name="plan", **wide)
    with pytest.raises(ValidationError, match="at most 10 values"):
        Dimension(name="plan", segments=True, **wide)


def test_a_value_is_short_in_bytes() -> None:
    Dimension(name="plan", values=("é" * 32,))
    with pytest.raises(ValidationError, match="64 bytes"):
        Dimension(name="plan", values=("é" * 33,))
