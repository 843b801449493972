"""Personal values are taken out of events before anything is queued.

* What the registry declares as a label, name or trace id stays: its schema lets nothing in that
  would be redacted.
* Where an attribute's name says that it is personal (`email`, `first_name`, see
  `cairn.events.personal`), its value is removed. So is every attribute beyond the schema of an
  event whose `field` has such a name: it may be what was typed there.
* All other texts are redacted (see `cairn.llm.redact`): emails, phones, cards, IBANs, national
  ids, IP addresses, keys, also where they are percent-encoded. URLs lose query and fragment. A
  page's path is redacted piece by piece, without query and fragment.

Booleans tell nothing, and numbers only under a personal name; `id`, `session_id` and `source`
are what an event is counted by, and stay as they came.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from typing import Final
from urllib.parse import unquote

from cairn.events.model import Event
from cairn.events.personal import says_personal
from cairn.events.registry import TRACE_ID, VARIATION_PREFIX, schema_of
from cairn.llm.redact import harmless, redacted, visible

REMOVED: Final = "[removed]"
"""Stands for a value that was removed for its name."""

AT_ONCE: Final = 50
"""Events that are looked at together: among so many there is most often nothing to take out."""

ENCODED_TIMES: Final = 3
"""A text that is percent-encoded more often is removed."""

_QUERY: Final = re.compile(r"((?:://|^/)[^\s?#]*)[?#]\S*")
"""Query and fragment, after the part of a URL that may stay."""

MOST_DIGITS: Final = 64
"""A text in which something is found beside more digits than these is removed: to tell all of
its numbers apart would hold up everybody else."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What becomes of the attributes of an event, by their names.

    Attributes:
        personal: those that are removed.
        texts: those that are redacted; removed beside a personal field.
        paths: those that are redacted piece by piece.
        has_field: whether the event names a field.
    """

    personal: tuple[str, ...]
    texts: tuple[str, ...]
    paths: tuple[str, ...]
    has_field: bool


def without_personal(events: Sequence[Event]) -> list[dict[str, str]]:
    """Of each event, the attributes that may not stay as they came, as they may stay.

    The events must fit their types' schemas.
    """
    changes: list[dict[str, str]] = []
    for some in batched(events, AT_ONCE, strict=False):
        shapes = [_shape(each.type, tuple(each.attributes)) for each in some]
        free = [_free(event, shape) for event, shape in zip(some, shapes, strict=True)]
        if not _all_harmless([text for texts in free for text in texts.values()]):
            free = [_redacted(texts, shape) for texts, shape in zip(free, shapes, strict=True)]
        changes += map(_changes, some, shapes, free)
    return changes


@lru_cache(maxsize=1_024)
def _shape(event_type: str, names: tuple[str, ...]) -> _Shape:
    schemas = schema_of(event_type)
    free = [each for each in names if each not in schemas and not _is_ours(each)]
    return _Shape(
        personal=tuple(each for each in free if says_personal(each)),
        texts=tuple(each for each in free if not says_personal(each)),
        paths=tuple(each for each in names if each in schemas and schemas[each].form == "path"),
        has_field="field" in schemas,
    )


def _is_ours(name: str) -> bool:
    return name == TRACE_ID or name.startswith(VARIATION_PREFIX)


def _free(event: Event, shape: _Shape) -> dict[str, str]:
    """The texts of an event that may hold anything; of paths, what may stay."""
    attributes = event.attributes
    texts = {each: _cut(text) for each in shape.texts if isinstance(text := attributes[each], str)}
    for each in shape.paths:
        texts[each] = str(attributes[each]).partition("#")[0].partition("?")[0]
    return texts


def _cut(text: str) -> str:
    """A text with its URLs cut; decoded, where only that shows one."""
    if "?" in text or "#" in text:
        text = _QUERY.sub(r"\1", text)
    if "%" in text and _QUERY.search(decoded := _decoded(text)):
        return _QUERY.sub(r"\1", decoded)
    return text


def _all_harmless(texts: list[str]) -> bool:
    """Whether nothing is to be taken out of texts, neither as they are nor as they are meant."""
    encoded = [_decoded(text) for text in texts if "%" in text]
    return harmless(*texts, *encoded)


def _decoded(text: str) -> str:
    for _ in range(ENCODED_TIMES):
        text = unquote(text)
    return text if unquote(text) == text else REMOVED


def _redacted(texts: dict[str, str], shape: _Shape) -> dict[str, str]:
    """The same redacted; a path in its pieces, since a long one looks like a key as a whole."""
    if _all_harmless(list(texts.values())):
        return texts
    return {
        name: "/".join(map(_safe, text.split("/"))) if name in shape.paths else _safe(text)
        for name, text in texts.items()
    }


def _safe(text: str) -> str:
    decoded = _decoded(text) if "%" in text else text
    safe = _cleaned(decoded)
    return safe if safe != visible(decoded) or decoded in {text, REMOVED} else _cleaned(text)


def _cleaned(text: str) -> str:
    if harmless(text):
        return text
    return redacted(text).text if sum(map(str.isdigit, text)) <= MOST_DIGITS else REMOVED


def _changes(event: Event, shape: _Shape, free: dict[str, str]) -> dict[str, str]:
    attributes = event.attributes
    changed = {name: text for name, text in free.items() if text != attributes[name]}
    removed = shape.personal
    if shape.has_field and says_personal(str(attributes.get("field"))):
        removed += shape.texts
    for name in removed:
        if not isinstance(attributes[name], bool):
            changed[name] = REMOVED
    return changed
