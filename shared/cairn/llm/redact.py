"""Takes out of free text what says who somebody is or opens a door, before the text leaves.

Patterns find what looks like one; where the standard has a check digit, a match counts only if the
digits add up (IBAN by ISO 7064 mod 97, cards by Luhn, national ids by their own rule). What merely
looks like a long number goes too: rather one number too many than one too few. Linear in the
length of the text: RE2 tells in one pass whether any rule finds anything at all, then each finds
its candidates, and these are checked within fixed bounds.
"""

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from cairn.llm.redact_rules import RULES, Rule

if TYPE_CHECKING:
    from re import Pattern

    import re2  # type: ignore[import-untyped]  # it has no types

INVISIBLE: Final = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
"""Categories of characters that nobody sees and that could hide a pattern, or an instruction."""

_SUSPECT: Final = re.compile(r"[^ A-Za-z.,;!?']|[A-Za-z.]{12,}")
"""Without this no rule finds anything: all of them need digits, signs, or long runs."""

_ANY: Final = b"|".join(b"(?:%b)" % rule.pattern for rule in RULES)
"""Where this finds nothing, no rule does."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may leave.

    Attributes:
        text: with a placeholder such as `[email 1]` for everything that was taken out; the same
            value has the same placeholder.
        originals: what was taken out, by placeholder. It stays home: it is never shown when this
            object is printed, and must not be logged or stored.
    """

    text: str
    originals: Mapping[str, str] = field(repr=False)


def redacted(text: str) -> Redacted:
    """The text without emails, phones, IBANs, cards, national ids, IP addresses, keys, tokens.

    Compatibility forms are made plain (NFKC) and invisible characters dropped first, so that
    neither hides anything.
    """
    seen = visible(text)
    if not _SUSPECT.search(seen):
        return Redacted(seen, {})
    plain = seen.encode()
    names: dict[str, str] = {}
    finding = _finding(plain)
    for number, rule in enumerate(RULES):
        if number in finding:
            without = _without(plain, rule, names)
            if without != plain:
                plain, finding = without, _finding(without)
    return Redacted(plain.decode(), {name: value for value, name in names.items()})


def harmless(*texts: str) -> bool:
    """Whether `redacted` would leave all of these texts as they are; False where that is unsure.

    Much faster than to redact them, because they are looked at together.
    """
    together = ",".join(texts)
    if not (together.isascii() and together.isprintable()):
        return False
    return not _suspicious(together, together.encode())


def visible(text: str) -> str:
    """The text in its plain form, without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    normal = unicodedata.normalize("NFKC", text)
    return "".join(
        " " if each in "\n\r\t" else each
        for each in normal
        if each in "\n\r\t" or unicodedata.category(each) not in INVISIBLE
    )


def _suspicious(text: str, plain: bytes) -> bool:
    """Whether any rule finds a candidate."""
    if not _SUSPECT.search(text):
        return False
    return _compiled(_ANY).search(plain) is not None


def _finding(text: bytes) -> Container[int]:
    """The rules that find a candidate, by their numbers."""
    found = _together().Match(text)
    if found is None and _compiled(_ANY).search(text):  # the set gave up, for want of memory
        return range(len(RULES))
    return found or ()


def _without(text: bytes, rule: Rule, names: dict[str, str]) -> bytes:
    kept: list[bytes] = []
    end = 0
    for start, stop in _found(text, rule):
        kept += [text[end:start], _placeholder(text[start:stop].decode(), rule, names).encode()]
        end = stop
    return b"".join([*kept, text[end:]])


def _found(text: bytes, rule: Rule) -> Iterator[tuple[int, int]]:
    search = _compiled(rule.pattern).search
    end = 0
    while end < len(text) and (match := search(text, end)) is not None:
        begin, end = match.span()
        span = rule.span(text[begin:end])
        if span is not None:
            yield begin + span[0], begin + span[1]
            end = begin + span[1]
        elif rule.again:
            end = begin + 1


def _placeholder(value: str, rule: Rule, names: dict[str, str]) -> str:
    if value not in names:
        number = 1 + sum(name.startswith(f"[{rule.name} ") for name in names.values())
        names[value] = f"[{rule.name} {number}]"
    return names[value]


@cache
def _together() -> "re2.Set":
    """All rules as one pattern that tells which of them find something."""
    import re2  # noqa: PLC0415  # costs 10 ms

    together = re2.Set.SearchSet(_options())
    for rule in RULES:
        together.Add(rule.pattern)
    together.Compile()
    return together


@cache
def _compiled(pattern: bytes) -> "Pattern[bytes]":
    import re2  # noqa: PLC0415  # costs 10 ms

    compiled: Pattern[bytes] = re2.compile(pattern, _options())
    return compiled


def _options() -> "re2.Options":
    import re2  # noqa: PLC0415  # costs 10 ms

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options
