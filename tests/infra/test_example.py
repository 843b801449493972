"""The example configuration and the published schemas: current, valid, and worth copying."""

from collections import Counter

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from cairn.alerts.model import AlertDocument
from cairn.configuration.model import Kind
from cairn.flags.documents import FlagDocument
from cairn.metrics.documents import TelemetryDocument
from infra.cli.seed import EXAMPLE
from infra.configuration.authored import Authored
from infra.configuration.schema_files import committed, schema_of, schema_text
from infra.configuration.validating import read_configuration


@pytest.fixture(scope="module")
def example() -> list[Authored]:
    return read_configuration(EXAMPLE)


@pytest.mark.parametrize("kind", Kind)
def test_the_committed_schema_is_current(kind: Kind) -> None:
    assert committed(kind).read_text() == schema_text(kind), "run: uv run cairn schema --write"


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_is_one(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema_of(kind))


def test_editors_and_cairn_agree_on_the_example(example: list[Authored]) -> None:
    for each in example:
        validator = Draft202012Validator(schema_of(each.kind))
        assert [error.message for error in validator.iter_errors(each.written.reading.value)] == []


def test_the_example_shows_every_kind(example: list[Authored]) -> None:
    assert Counter(each.kind for each in example) == {
        Kind.FLOW: 1,
        Kind.FLAG: 6,
        Kind.SEGMENT: 1,
        Kind.ALERT: 5,
        Kind.TELEMETRY: 1,
        Kind.PROMPT: 1,
        Kind.EXPERIMENT: 1,
        Kind.METRIC: 4,
    }


def test_the_example_shows_every_type_of_flag_value_but_numbers(example: list[Authored]) -> None:
    flags = [each.model for each in example if isinstance(each.model, FlagDocument)]
    assert {flag.type for flag in flags} == {"boolean", "string", "json"}
    assert all(flag.description and flag.owner for flag in flags)


def test_every_alert_of_the_example_says_what_it_means(example: list[Authored]) -> None:
    alerts = [each.model for each in example if isinstance(each.model, AlertDocument)]
    assert all(alert.description and alert.channels for alert in alerts)


def test_the_example_counts_what_the_online_shoppers_data_tells_apart(
    example: list[Authored],
) -> None:
    (telemetry,) = [each.model for each in example if isinstance(each.model, TelemetryDocument)]
    values = {each.name: set(each.values or ()) for each in telemetry.dimensions}
    assert values["visitor_type"] == {"New_Visitor", "Returning_Visitor", "Other"}
    assert values["weekend"] == {"true", "false"}
    assert {"Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"} <= (
        values["month"]
    )
    assert "purchase" in {each.name for each in telemetry.conversions}
