"""What counts as an answer to a field."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from cairn.decisions.surfaces.form.parts import FormField
from cairn.decisions.surfaces.form.validators import broken
from cairn.platform.errors import Violation

TEXT_CHARS: Final = 4_000
"""Longest text of an answer."""

LARGEST_NUMBER: Final = 2**53
"""Beyond it, JSON numbers are not exact any more."""

CHOICES_TOLD: Final = 10
"""So many choices are named to whoever chose something else."""

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


def faults(fields: Mapping[str, FormField], answers: Mapping[str, object]) -> list[Violation]:
    """What is wrong with the answers of a request, with JSON pointers; null is always right."""
    found = []
    for name, value in answers.items():
        field = fields.get(name)
        at = "/answers/" + name.replace("~", "~0").replace("/", "~1")
        if field is None:
            found.append(Violation(at, "answer.unknown_field", "The flow has no such field."))
        elif value is not None and (broken := fault(field, value)):
            found.append(Violation(at, "answer.invalid", broken))
    return found


def fault(field: FormField, value: object) -> str | None:
    """Why `value` is no answer to `field`, as one sentence; None where it is one."""
    return _fault_of_kind(field, value) or (
        broken(field.validators, value) if field.validators and given(value) else None
    )


def _fault_of_kind(field: FormField, value: object) -> str | None:
    match field.kind:
        case "checkbox":
            return None if isinstance(value, bool) else "this is neither true nor false"
        case "number":
            return None if _is_number(value) else "this is not a number, or is too large"
        case "multiselect":
            return _fault_of_choices(field, value)
        case _:
            return _fault_of_text(field, value)


def given(value: object) -> bool:
    """Whether a value answers at all: blank text, an empty choice and null do not."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [])


def satisfies(field: FormField, value: object) -> bool:
    """Whether a value is all that a required field wants: a checkbox wants to be checked."""
    return value is True if field.kind == "checkbox" else given(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST_NUMBER <= value <= LARGEST_NUMBER


def _fault_of_choices(field: FormField, value: object) -> str | None:
    if not isinstance(value, list):
        return "this is not a list of choices"
    known = {option.value for option in field.options or ()}
    chosen = [each for each in value if isinstance(each, str) and each in known]
    if len(chosen) != len(value) or len(set(chosen)) != len(chosen):
        return f"these are not distinct choices of: {_choices(field)}"
    return None


def _choices(field: FormField) -> str:
    values = [option.value for option in field.options or ()]
    more = ["…"] if len(values) > CHOICES_TOLD else []
    return ", ".join([*values[:CHOICES_TOLD], *more])


def _fault_of_text(field: FormField, value: object) -> str | None:
    if not isinstance(value, str):
        return "this is not text"
    if len(value) > TEXT_CHARS:
        return f"this has more than {TEXT_CHARS} characters"
    return None if not value.strip() else _fault_of_form(field, value)


def _fault_of_form(field: FormField, value: str) -> str | None:
    match field.kind:
        case "select":
            known = any(option.value == value for option in field.options or ())
            return None if known else f"this is not one of: {_choices(field)}"
        case "email":
            return None if _EMAIL.fullmatch(value.strip()) else "this is not an email address"
        case "date":
            return None if _is_date(value) else "this is not a date such as 2026-11-20"
        case _:
            return None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
