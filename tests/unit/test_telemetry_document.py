"""What a telemetry document may say, and what stored items must hold."""

import pytest
from pydantic import ValidationError

from cairn.metrics.items import done_of, state_of
from cairn.metrics.model import Dimension, TelemetryDocument
from cairn.platform.dynamo import Item


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


def test_an_item_that_holds_no_number_where_one_belongs_is_not_guessed_at() -> None:
    with pytest.raises(TypeError, match="holds str where a whole number belongs"):
        done_of({"done": "3"})


def test_an_item_without_ids_has_seen_none_lately() -> None:
    item: Item = {"version": 2, "body": '{"recent": [["page.viewed", 1]], "events": 1}'}
    state = state_of(item)
    assert (state.version, state.ids, state.recent[0].at_ms) == (2, frozenset(), 1)
