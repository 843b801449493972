"""Fields and traits that say who somebody is by all appearance, and are not declared so."""

import re
from collections.abc import Iterator
from typing import Final

from cairn.decisions.surfaces.form.compiled import compile_flow
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import FieldKind, FormField
from cairn.decisions.surfaces.form.visitor import UNTOLD, WRITTEN, told_traits

CERTAIN: Final[frozenset[FieldKind]] = UNTOLD
FREE: Final[frozenset[FieldKind]] = WRITTEN | {"number", "date"}

type Exposure = tuple[str, str, bool]
"""A JSON pointer, a sentence, and whether there is no doubt."""

_NAMES: Final = re.compile(
    r"(?:^|_)(?:e?mail|phone|tel|mobile|fax|iban|bic|ssn|passport|birth\w*|dob|gender|religion"
    r"|(?:first|last|full|middle|sur|user|nick|given|family|maiden)_?name|name|street|address"
    r"|zip|postal_?code|tax_?id|vat_?id|social_security\w*|license_?plate|ip|salary|iq|password"
    r"|credit_?card|card_?number|account_?number)(?:_|$)"
)
"""Ids that sound like somebody's own."""

_OF_COMPANIES: Final = re.compile(
    r"^(?:company|legal|registered|organi[sz]ation|team|workspace|product|project)_"
)
"""Ids that sound so and are not."""


def exposed(flow: FlowDocument) -> Iterator[Exposure]:
    """What rules, caches, events and models would see, and should not."""
    for place, step in enumerate(flow.steps):
        for position, field in enumerate(step.fields):
            if not field.personal and _sounds_personal(field):
                at = f"/steps/{place}/fields/{position}"
                message = f"{field.id!r} looks personal, but is not declared as such"
                yield at, message, field.kind in CERTAIN
    for trait in told_traits(compile_flow(flow, version=0, digest="")):
        if _is_somebodys(trait):
            at = "/cascade/traits" if trait in flow.cascade.traits else "/personal_traits"
            yield at, f"the trait {trait!r} looks personal, but is not declared as such", False


def unlike(one: FlowDocument, other: FlowDocument) -> frozenset[str]:
    """Fields and traits that two flows share, and that only one of them takes for personal."""
    here, there = _personal_by_field(one), _personal_by_field(other)
    fields = {name for name in here.keys() & there.keys() if here[name] != there[name]}
    return frozenset(fields | set(one.personal_traits) ^ set(other.personal_traits))


def _personal_by_field(flow: FlowDocument) -> dict[str, bool]:
    return {field.id: field.personal for step in flow.steps for field in step.fields}


def _sounds_personal(field: FormField) -> bool:
    return field.kind in CERTAIN or (field.kind in FREE and _is_somebodys(field.id))


def _is_somebodys(name: str) -> bool:
    return bool(_NAMES.search(name)) and not _OF_COMPANIES.match(name)
