"""What an answer must hold beyond its kind, and which of that fits which kind."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from cairn.conditions.patterns import PatternError, Search, search
from cairn.decisions.surfaces.form.parts import FieldKind, FormField, Validators

TEXTS: Final[frozenset[FieldKind]] = frozenset({"text", "textarea", "email", "tel", "url"})
NUMBERS: Final[frozenset[FieldKind]] = frozenset({"number"})
LISTS: Final[frozenset[FieldKind]] = frozenset({"multiselect"})

FITTING: Final[Mapping[str, frozenset[FieldKind]]] = {
    "min_length": TEXTS,
    "max_length": TEXTS,
    "pattern": TEXTS,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "whole": NUMBERS,
    "min_choices": LISTS,
    "max_choices": LISTS,
}
"""The kinds of fields that a validator is for."""

BOUNDS: Final = (
    ("min_length", "max_length"),
    ("minimum", "maximum"),
    ("min_choices", "max_choices"),
)


def broken(validators: Validators, value: object) -> str | None:
    """What a given answer of the right kind does not hold, as one sentence; None: all holds."""
    match value:
        case str():
            found = _of_text(validators, value)
        case bool():
            found = None
        case int() | float():
            found = _of_number(validators, value)
        case list():
            found = _outside(len(value), validators.min_choices, validators.max_choices, "choices")
        case _:
            found = None
    return (validators.message or found) if found else None


def misfits(field: FormField) -> Iterator[tuple[str, str]]:
    """What is wrong with a field's validators: where below them, and a sentence."""
    written = field.validators.model_dump(exclude_none=True) if field.validators else {}
    for name, kinds in FITTING.items():
        if name in written and field.kind not in kinds:
            yield f"/{name}", f"a {field.kind} has no {name}"
    for low, high in BOUNDS:
        if low in written and high in written and written[low] > written[high]:
            yield f"/{low}", f"{low} is more than {high}: no answer could be valid"
    if written.get("min_choices", 0) > len(field.options or ()) and field.kind in LISTS:
        yield "/min_choices", "there are fewer options than that"
    if "pattern" in written:
        try:
            _whole(written["pattern"])
        except PatternError as error:
            yield "/pattern", str(error)


def _of_text(validators: Validators, value: str) -> str | None:
    text = value.strip()
    found = _outside(len(text), validators.min_length, validators.max_length, "characters")
    if found is None and validators.pattern is not None and not _whole(validators.pattern)(text):
        return "this does not have the required form"
    return found


def _of_number(validators: Validators, value: float) -> str | None:
    if validators.whole and value != int(value):
        return "this is not a whole number"
    if validators.minimum is not None and value < validators.minimum:
        return f"this is less than {validators.minimum:g}"
    if validators.maximum is not None and value > validators.maximum:
        return f"this is more than {validators.maximum:g}"
    return None


def _outside(count: int, least: int | None, most: int | None, what: str) -> str | None:
    if least is not None and count < least:
        return f"this has fewer than {least} {what}"
    return f"this has more than {most} {what}" if most is not None and count > most else None


@lru_cache(maxsize=256)
def _whole(pattern: str) -> Search:
    return search(rf"\A(?:{pattern})\z", ignore_case=False)
