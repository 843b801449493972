"""What a telemetry document may say, and what stored items must hold."""

import pytest
from pydantic import ValidationError

from cairn.metrics.declared import NOTHING_DECLARED, declared
from cairn.metrics.items import done_of, state_of
from cairn.metrics.model import Dimension, PageKind, TelemetryDocument
from cairn.platform.dynamo import Item
from tests.parcels import happened


def test_a_dimension_may_not_be_named_like_the_group_of_everything() -> None:
    with pytest.raises(ValidationError, match="everything is in"):
        Dimension(name="all", values=("x",))


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
