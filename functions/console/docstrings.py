"""Docstrings as descriptions: what is written for readers of the code, told to those of the API.

A model's docstring (Google style) becomes its description, and each entry of its `Attributes:`
the description of that property.
"""

import re
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, Final

type Schema = dict[str, Any]  # Any: JSON Schema

SECTION: Final = "\nAttributes:\n"

_ENTRY: Final = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def told(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """The schemas with their docstrings taken apart."""
    return {name: _told(schema) for name, schema in schemas.items()}


def _told(schema: Schema) -> Schema:
    about, _, attributes = cleandoc(schema.get("description", "")).partition(SECTION)
    entries = {name: " ".join(text.split()) for name, text in _ENTRY.findall(attributes)}
    properties = {
        name: {"description": entries[name], **each} if name in entries else each
        for name, each in schema.get("properties", {}).items()
    }
    described = {**schema, "description": " ".join(about.split())} if about else {**schema}
    return described | ({"properties": properties} if properties else {})
