"""A value that a JSON Schema admits: first choices, high confidence, short texts.

It understands what strict tool schemas may hold: objects, arrays, enums, constants, unions,
bounds and local references.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from pydantic import JsonValue

type Schema = Mapping[str, JsonValue]

TEXT: Final = "Scripted."
FOREIGN: Final = "not_on_offer"
SURE: Final = 0.9
UNSURE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Style:
    """How free choices are made.

    Attributes:
        sure: where in its bounds a number lies, 0 to 1; without bounds they are 0 and 1.
        foreign: whether ids (`id`, `…_id`, `…_ids`) name what is not on offer.
        text: what free texts say.
    """

    sure: float = SURE
    foreign: bool = False
    text: str = TEXT


PLAIN: Final = Style()
"""Good answers."""


def example(schema: Schema, style: Style = PLAIN, root: Schema | None = None) -> JsonValue:
    """A value for a schema.

    Args:
        schema: what is asked for.
        style: how to choose where there is a choice.
        root: the whole schema, which local references point into.
    """
    whole = schema if root is None else root
    chosen = _resolved(schema, whole)
    if "const" in chosen:
        return chosen["const"]
    enum = chosen.get("enum")
    if isinstance(enum, list) and enum:
        return next((each for each in enum if each is not None), None)
    return _of_type(chosen, style, whole)


def _of_type(schema: Schema, style: Style, root: Schema) -> JsonValue:
    made: JsonValue = None
    match _type(schema):
        case "object":
            made = _object(schema, style, root)
        case "array":
            made = _array(schema, style, root)
        case "number" | "integer" as kind:
            made = _number(schema, style, whole=kind == "integer")
        case "boolean":
            made = True
        case "string":
            made = _text(schema, style)
    return made


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema behind references, and the first of alternatives."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found: JsonValue = cast("JsonValue", root)
        for step in reference.removeprefix("#/").split("/"):
            found = found[step] if isinstance(found, Mapping) else None
        return _resolved(_schema(found), root)
    for union in ("anyOf", "oneOf", "allOf"):
        alternatives = schema.get(union)
        if isinstance(alternatives, list) and alternatives:
            return _resolved(_schema(alternatives[0]), root)
    return schema


def _schema(value: JsonValue) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _type(schema: Schema) -> JsonValue:
    named = schema.get("type")
    if isinstance(named, list):
        return next((each for each in named if each != "null"), None)
    return named or ("object" if "properties" in schema else None)


def _object(schema: Schema, style: Style, root: Schema) -> dict[str, JsonValue]:
    properties = _schema(schema.get("properties"))
    made = {name: example(_schema(each), style, root) for name, each in properties.items()}
    if style.foreign:
        return {name: _foreign(each) if _is_id(name) else each for name, each in made.items()}
    return made


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids"))


def _foreign(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_foreign(each) for each in value]
    return FOREIGN if isinstance(value, str) else value


def _array(schema: Schema, style: Style, root: Schema) -> list[JsonValue]:
    """As few items as there must be, and one where that is none."""
    least = schema.get("minItems")
    item = example(_schema(schema.get("items")), style, root)
    return [item] * (least if isinstance(least, int) and least else 1)


def _number(schema: Schema, style: Style, *, whole: bool) -> float | int:
    least = _bound(schema, "minimum", 0.0)
    value = least + style.sure * (_bound(schema, "maximum", least + 1.0) - least)
    return round(value) if whole else round(value, 6)


def _bound(schema: Schema, name: str, otherwise: float) -> float:
    found = schema.get(name)
    return float(found) if isinstance(found, int | float) else otherwise


def _text(schema: Schema, style: Style) -> str:
    most = schema.get("maxLength")
    return style.text[:most] if isinstance(most, int) and style.text == TEXT else style.text
