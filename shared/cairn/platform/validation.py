"""Our own rules inside pydantic models: each broken one becomes a validation error in place."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from cairn.platform.errors import Violation

_BRACES: Final = str.maketrans({"{": "{{", "}": "}}"})


def refused(title: str, violations: Sequence[Violation], *, at: str = "") -> ValidationError:
    """The error for a validator to raise; pydantic puts it below the validated value's place.

    Args:
        title: the model's name.
        violations: at least one, with JSON pointers relative to `at`.
        at: a JSON pointer relative to the value that is validated.
    """
    details = [_detail(each, at + each.pointer) for each in violations]
    return ValidationError.from_exception_data(title, details)


def _detail(violation: Violation, at: str) -> InitErrorDetails:
    message = violation.detail.translate(_BRACES)
    return InitErrorDetails(
        type=PydanticCustomError(violation.code, message),
        loc=tuple(map(_step, at.split("/")[1:])),
        input=None,
    )


def _step(part: str) -> int | str:
    return int(part) if part.isdecimal() else part.replace("~1", "/").replace("~0", "~")
