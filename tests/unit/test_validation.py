"""Our own rules inside pydantic models: what a reader is told, and where."""

import pytest
from pydantic import ValidationError

from cairn.platform.errors import Violation
from cairn.platform.http import invalid
from cairn.platform.validation import refused
from tests.fakes.alerts import alert


@pytest.mark.parametrize("said", ["say {x}", "say {{x}}", "one { brace", "{0} %s", "plain"])
def test_a_message_is_told_as_it_is_written(said: str) -> None:
    error = refused("Model", [Violation("", "model.rule", said)])
    assert [each.detail for each in invalid(error).violations] == [said]


def test_a_key_of_the_input_is_quoted_as_it_was_sent() -> None:
    with pytest.raises(ValidationError) as raised:
        alert(when={"value": {"${gt}": 1}})
    assert "${gt}" in raised.value.errors()[0]["msg"]
    assert "{{" not in raised.value.errors()[0]["msg"]


def test_a_fault_stands_below_its_place() -> None:
    error = refused("Model", [Violation("/a~1b/0", "model.rule", "no")], at="/when")
    assert [each["loc"] for each in error.errors()] == [("when", "a/b", 0)]


def test_a_digit_that_is_no_decimal_is_a_key() -> None:
    error = refused("Model", [Violation("/²", "model.rule", "no")])
    assert [each["loc"] for each in error.errors()] == [("²",)]
