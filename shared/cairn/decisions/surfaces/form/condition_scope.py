"""What the conditions of a flow may read, and that they never look at a personal value."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError
from cairn.decisions.surfaces.form.parts import When
from cairn.platform.errors import Violation

PERSONA: Final = "persona"

NAMES: Final = {
    "session": frozenset({"step", "steps_seen", "steps_done", "answered"}),
    "behavior": frozenset(
        {"hesitations", "corrections", "time_on_step_ms", "abandonment_risk", "engagement"}
    ),
}
"""What stands under these roots of the context."""


class Readable(NamedTuple):
    """What there is to read in a flow.

    Attributes:
        fields: ids of all fields.
        personas: ids of all personas.
        personal: paths of which only the presence may be asked for.
    """

    fields: frozenset[str]
    personas: frozenset[str]
    personal: frozenset[str]


def unreadable(
    when: When, at: str, readable: Readable, *, hidden: Collection[str] = ()
) -> Iterator[Violation]:
    """What is wrong with a condition that stands at the JSON pointer `at`.

    Args:
        when: the condition.
        at: where it stands in the flow.
        readable: what it may read.
        hidden: roots that are not known yet where this condition is asked.
    """
    try:
        compile_condition(when)
    except ConditionError as error:
        for each in error.violations:
            yield Violation(f"{at}{each.pointer}", each.code, each.detail)
        return
    for place, path, operand in _reads(when, at):
        fault = _fault(path, operand, readable, hidden)
        if fault is not None:
            yield Violation(place, *fault)


def _reads(document: JsonValue, at: str) -> Iterator[tuple[str, str, JsonValue]]:
    """Every attribute that a valid condition reads: where, its path, what it is held against."""
    if isinstance(document, list):
        for place, each in enumerate(document):
            yield from _reads(each, f"{at}/{place}")
    elif isinstance(document, dict):
        for key, value in document.items():
            if key.startswith("$"):
                yield from _reads(value, f"{at}/{key}")
            else:
                yield f"{at}/{key}", key, value


def _fault(
    path: str, operand: JsonValue, readable: Readable, hidden: Collection[str]
) -> tuple[str, str] | None:
    root, _, name = path.partition(".")
    if root in hidden:
        return "flow.unknown_path", f"{root!r} is not known yet when this is evaluated"
    if not _known(root, name, readable):
        return "flow.unknown_path", f"there is nothing under {path!r}"
    if _personal(path, readable) and not _asks_for_presence(path, operand, readable):
        return "flow.personal_value", f"{path!r} is personal: ask only whether it $exists"
    return None


def _known(root: str, name: str, readable: Readable) -> bool:
    first = name.partition(".")[0]
    match root:
        case "answers":
            return first in readable.fields
        case "subject":
            return bool(first)
        case "persona":
            return not name
        case _:
            return first in NAMES.get(root, ())


def _personal(path: str, readable: Readable) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in readable.personal)


def _asks_for_presence(path: str, operand: JsonValue, readable: Readable) -> bool:
    asked = isinstance(operand, dict) and operand.keys() == {"$exists"}
    return path in readable.personal and asked
