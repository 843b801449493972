"""Personal values are taken out of events before anything is queued.

* What the registry declares as a label, name or trace id stays: its schema lets nothing in that
  would be redacted.
* Where an attribute's name says that it is personal (`email`, `first_name`, see
  `cairn.events.personal`), its value is removed. So is every attribute beyond the schema of an
  event whose `field` has such a name: it may be what was typed there. An attribute whose name
  itself holds something personal is dropped.
* All other texts are redacted (see `cairn.llm.redact_technical`): emails, phones, cards, IBANs,
  national ids, IP addresses, streets, keys, also where they are percent-encoded; ids, instants and
  versions stay. Addresses of pages keep
  their path only (see `cairn.events.addresses`), and a path is redacted piece by piece.
* Numbers that may be a phone or a card are removed (see `cairn.events.numbers`).

Booleans tell nothing; `id`, `session_id` and `source` are what an event is counted by, and stay as
they came.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import batched
from typing import Final
from urllib.parse import unquote

from cairn.events.addresses import bare, with_bare_addresses
from cairn.events.model import Event
from cairn.events.numbers import SMALLEST, is_number, says_count, somebodys
from cairn.events.personal import holds_personal, says_personal
from cairn.events.registry import TRACE_ID, VARIATION_PREFIX, schema_of
from cairn.llm.redact import harmless, redacted, visible
from cairn.llm.redact_technical import TECHNICAL

REMOVED: Final = "[removed]"
"""Stands for a value that was removed for its name, or is a number of somebody's."""

AT_ONCE: Final = 50
"""Events that are looked at together: among so many there is most often nothing to take out."""

ENCODED_TIMES: Final = 3
"""A text that is percent-encoded more often is removed."""

MOST_DIGITS: Final = 64
"""A text in which something is found beside more digits than these is removed: to tell all of
its numbers apart would hold up everybody else."""

type Changes = Mapping[str, str | None]
"""Attributes that may not stay as they came, as they may stay; None where they may not at all."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What becomes of the attributes of an event, by their names.

    Attributes:
        dropped: those whose names hold something personal.
        personal: those that are removed.
        free: those that are redacted; removed beside a personal field.
        counts: those of them whose numbers are nobody's.
        paths: those that are redacted piece by piece.
        has_field: whether the event names a field.
    """

    dropped: tuple[str, ...]
    personal: tuple[str, ...]
    free: tuple[str, ...]
    counts: frozenset[str]
    paths: tuple[str, ...]
    has_field: bool


def without_personal(events: Sequence[Event]) -> list[Changes]:
    """Of each event, the attributes that may not stay as they came.

    The events must fit their types' schemas.
    """
    changes: list[Changes] = []
    desk = _Desk()
    for some in batched(events, AT_ONCE, strict=False):
        shapes = [_shape(each.type, tuple(each.attributes)) for each in some]
        free = [_free(event, shape) for event, shape in zip(some, shapes, strict=True)]
        if not _all_harmless([text for texts in free for text in texts.values()]):
            free = [desk.redacted(texts, shape) for texts, shape in zip(free, shapes, strict=True)]
        changes += map(_changes, some, shapes, free)
    return changes


@lru_cache(maxsize=1_024)
def _shape(event_type: str, names: tuple[str, ...]) -> _Shape:
    schemas = schema_of(event_type)
    undeclared = [each for each in names if each not in schemas]
    dropped = [each for each in undeclared if holds_personal(each)]
    free = [each for each in undeclared if each not in dropped and not _is_ours(each)]
    return _Shape(
        dropped=tuple(dropped),
        personal=tuple(each for each in free if says_personal(each)),
        free=tuple(each for each in free if not says_personal(each)),
        counts=frozenset(filter(says_count, free)),
        paths=tuple(each for each in names if each in schemas and schemas[each].form == "path"),
        has_field="field" in schemas,
    )


def _is_ours(name: str) -> bool:
    return name == TRACE_ID or name.startswith(VARIATION_PREFIX)


def _free(event: Event, shape: _Shape) -> dict[str, str]:
    """The texts of an event that may hold anything; of addresses, what may stay."""
    found: dict[str, str] = {}
    for name in shape.free:
        value = event.attributes[name]
        if isinstance(value, str):
            if name not in shape.counts or not is_number(value):
                found[name] = _cut(value, with_bare_addresses)
        elif abs(value) >= SMALLEST and name not in shape.counts and somebodys(value, event.at):
            found[name] = REMOVED
    for name in shape.paths:
        found[name] = _cut(str(event.attributes[name]), bare)
    return found


def _cut(text: str, cut: Callable[[str], str]) -> str:
    """A text with bare addresses; decoded, where only that shows what is to be cut."""
    kept = cut(text)
    if "%" in kept and (bared := cut(decoded := _decoded(kept))) != decoded:
        return bared
    return kept


def _all_harmless(texts: list[str]) -> bool:
    """Whether nothing is to be taken out of texts, neither as they are nor as they are meant."""
    encoded = [_decoded(text) for text in texts if "%" in text]
    return REMOVED not in encoded and harmless(*texts, *encoded, profile=TECHNICAL)


def _decoded(text: str) -> str:
    for _ in range(ENCODED_TIMES):
        text = unquote(text)
    return text if unquote(text) == text else REMOVED


@dataclass(frozen=True, slots=True)
class _Desk:
    """Redacts the texts of one request.

    Attributes:
        known: what became of each text: visitors' events repeat much.
    """

    known: dict[str, str] = field(default_factory=dict)

    def redacted(self, texts: dict[str, str], shape: _Shape) -> dict[str, str]:
        """The same redacted; a path in its pieces, since a long one looks like a key as a whole."""
        return {
            name: "/".join(map(self._safe, text.split("/")))
            if name in shape.paths
            else self._safe(text)
            for name, text in texts.items()
        }

    def _safe(self, text: str) -> str:
        safe = self.known.get(text)
        if safe is None:
            safe = self.known[text] = _safe(text)
        return safe


def _safe(text: str) -> str:
    if "%" not in text:
        return _cleaned(text)
    decoded = _decoded(text)
    safe = _cleaned(decoded)
    return safe if safe != visible(decoded) or decoded in {text, REMOVED} else _cleaned(text)


def _cleaned(text: str) -> str:
    if len(text) <= MOST_DIGITS or sum(map(str.isdigit, text)) <= MOST_DIGITS:
        return redacted(text, TECHNICAL).text
    return text if harmless(text, profile=TECHNICAL) else REMOVED


def _changes(event: Event, shape: _Shape, free: dict[str, str]) -> Changes:
    attributes = event.attributes
    changed: dict[str, str | None] = {
        name: text for name, text in free.items() if text != attributes[name]
    }
    removed = shape.personal
    if shape.has_field and says_personal(str(attributes.get("field"))):
        removed += shape.free
    for name in removed:
        if not isinstance(attributes[name], bool):
            changed[name] = REMOVED
    changed.update(dict.fromkeys(shape.dropped))
    return changed
