"""What may leave of a visitor's answers and traits: closed values, and redacted free text."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from cairn.decisions.surfaces.form.answers import fault, given
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case
from cairn.decisions.surfaces.form.parts import FieldKind
from cairn.llm.redact import redacted, visible

UNTOLD: Final[frozenset[FieldKind]] = frozenset({"email", "tel"})
"""Kinds whose answers always say who somebody is, declared or not: their values never leave."""

WRITTEN: Final[frozenset[FieldKind]] = frozenset({"text", "textarea", "url"})
"""Kinds that take free text."""

TOLD_CHARS: Final = 200
"""Most characters of one text that leave."""

READ_CHARS: Final = 600
"""Most characters of one text that are looked at."""

UNSURE_CHARS: Final = 60
"""What goes from the end of a cut text: a number may be cut there, and no longer look like one."""

SUBJECT: Final = "subject."


def known_of(case: Case) -> Iterator[dict[str, JsonValue]]:
    """What is known of the visitor, one object for each answer and trait.

    Only answers of fields that are not personal, and only traits that the flow's conditions read
    or its cascade names: others may say anything.
    """
    answers, traits = case.attributes["answers"], case.attributes["subject"]
    for name, value in answers.items() if isinstance(answers, dict) else ():
        told = _answer(case, name, value)
        if told is not None:
            yield {"answer": name, "value": told}
    known = traits if isinstance(traits, dict) else {}
    for name in told_traits(case.flow):
        if name in known:
            yield {"trait": name, "value": _discreet(case, known[name])}


@lru_cache(maxsize=64)
def told_traits(flow: Flow) -> tuple[str, ...]:
    """The traits that a model may see, by name."""
    read = {
        path.removeprefix(SUBJECT).partition(".")[0]
        for path in flow.paths
        if path.startswith(SUBJECT)
    }
    return tuple(sorted(read.union(flow.document.cascade.traits) - flow.personal_traits))


def _answer(case: Case, name: str, value: JsonValue) -> JsonValue:
    field = case.flow.fields[name]
    if field.personal or field.kind in UNTOLD or not given(value) or fault(field, value):
        return None
    return _discreet(case, value) if field.kind in WRITTEN else value


def _discreet(case: Case, value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_discreet(case, each) for each in value]
    if isinstance(value, str):
        return _text(case, value)
    return value if isinstance(value, bool) or value is None else _number(case, value)


def _number(case: Case, value: JsonValue) -> JsonValue:
    """A number, unless it looks like somebody's."""
    text = str(value)
    return value if _text(case, text) == text else "[number]"


def _text(case: Case, text: str) -> str:
    cut = visible(text[:READ_CHARS])
    safe = redacted(case.hide(cut)).text
    end = len(safe) - (UNSURE_CHARS if len(text) > READ_CHARS else 0)
    return safe[: min(TOLD_CHARS, max(0, end))]
