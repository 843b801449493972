"""Docstrings as descriptions: what is written for readers of the code, told to those of the API.

A model's docstring (Google style) becomes its description, and each entry of its `Attributes:`
the description of that property. pydantic leaves out those of plain dataclasses, because they may
be made up; ours are written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from inspect import cleandoc
from typing import Any, Final, get_args, get_type_hints

from pydantic import BaseModel

type Schema = dict[str, Any]  # Any: JSON Schema

SECTION: Final = "\nAttributes:\n"

_ENTRY: Final = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def told(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """The schemas with their docstrings taken apart."""
    return {name: _told(schema) for name, schema in schemas.items()}


def documented(schemas: Mapping[str, Schema], shapes: Iterable[object]) -> dict[str, Schema]:
    """The schemas, with their docstrings where they are of dataclasses in `shapes`."""
    written = {
        each.__name__: {"description": each.__doc__}
        for shape in shapes
        for each in _dataclasses(shape)
    }
    return {name: schema | written.get(name, {}) for name, schema in schemas.items()}


def _dataclasses(shape: object) -> Iterator[type]:
    """The dataclasses that a type is made of, itself among them."""
    if isinstance(shape, type) and is_dataclass(shape):
        yield shape
    inside = get_type_hints(shape).values() if _is_record(shape) else get_args(shape)
    for each in inside:
        yield from _dataclasses(each)


def _is_record(shape: object) -> bool:
    return isinstance(shape, type) and (is_dataclass(shape) or issubclass(shape, BaseModel))


def _told(schema: Schema) -> Schema:
    about, _, attributes = cleandoc(schema.get("description", "")).partition(SECTION)
    entries = {name: " ".join(text.split()) for name, text in _ENTRY.findall(attributes)}
    properties = {
        name: {"description": entries[name], **each} if name in entries else each
        for name, each in schema.get("properties", {}).items()
    }
    described = {**schema, "description": " ".join(about.split())} if about else {**schema}
    return described | ({"properties": properties} if properties else {})
