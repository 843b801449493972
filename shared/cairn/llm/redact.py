"""Takes out of texts what says who somebody is or opens a door, before they leave or are kept.

What is looked for depends on who wrote a text, a person or a program (see `Profile`). Patterns find
what looks like one; where the standard has a check digit, a match counts only if the digits add up
(IBAN by ISO 7064 mod 97, cards by Luhn, national ids by their own rule). What merely looks like a
long number goes out of prose too: rather one number too many than one too few. Linear in the
length of the text: RE2 tells in one pass whether any rule finds anything at all, then each finds
its candidates, and these are checked within fixed bounds.
"""

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from cairn.llm.redact_rules import RULES, Rule, Rules

if TYPE_CHECKING:
    from re import Pattern

    import re2  # type: ignore[import-untyped]  # it has no types

INVISIBLE: Final = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
"""Categories of characters that nobody sees and that could hide a pattern, or an instruction."""

_SUSPECT: Final = re.compile(r"[^ A-Za-z.,;!?']|[A-Za-z.]{12,}")
"""Without this no rule finds anything: all of them need digits, signs, or long runs."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind of text is redacted.

    Attributes:
        rules: what is looked for in the whole of it, first.
        shapes: what is nobody's: no rule looks into it after that.
        between: what is looked for in the rest.
    """

    rules: Rules
    shapes: Rules = ()
    between: Rules = ()


PROSE: Final = Profile(RULES)
"""What people write, and what goes to models: all that looks personal is taken out.

`cairn.llm.redact_technical` has the profile of what programs write.
"""


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


def redacted(text: str, profile: Profile = PROSE) -> Redacted:
    """The text without emails, phones, IBANs, cards, national ids, IP addresses, keys, tokens.

    Compatibility forms are made plain (NFKC) and invisible characters dropped first, so that
    neither hides anything.
    """
    seen = visible(text)
    if not _SUSPECT.search(seen):
        return Redacted(seen, {})
    names: dict[str, str] = {}
    plain = _cleaned(seen.encode(), profile.rules, names)
    if profile.between and _suspicious(plain, profile.between):
        parts = _parts(plain, profile.shapes)
        plain = b"".join(
            part if kept else _cleaned(part, profile.between, names) for part, kept in parts
        )
    return Redacted(plain.decode(), {name: value for value, name in names.items()})


def harmless(*texts: str, profile: Profile = PROSE) -> bool:
    """Whether `redacted` would leave all of these texts as they are; False where that is unsure.

    Much faster than to redact them, because they are looked at together.
    """
    together = ",".join(texts)
    if not (together.isascii() and together.isprintable()):
        return False
    if not _SUSPECT.search(together):
        return True
    plain = together.encode()
    if _suspicious(plain, profile.rules):
        return False
    if not profile.between or not _suspicious(plain, profile.between):
        return True
    parts = _parts(plain, profile.shapes)
    return all(kept or not _suspicious(part, profile.between) for part, kept in parts)


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


def _suspicious(text: bytes, rules: Rules) -> bool:
    """Whether any rule finds a candidate."""
    return _any(rules).search(text) is not None


def _cleaned(text: bytes, rules: Rules, names: dict[str, str]) -> bytes:
    finding = _finding(text, rules)
    for number, rule in enumerate(rules):
        if number in finding:
            without = _without(text, rule, names)
            if without != text:
                text, finding = without, _finding(without, rules)
    return text


def _parts(text: bytes, shapes: Rules) -> Iterator[tuple[bytes, bool]]:
    """A text in parts, and whether each is one of the shapes."""
    end = 0
    for match in _either(shapes).finditer(text):
        span = shapes[(match.lastindex or 1) - 1].span(match.group())
        if span is not None:
            start, stop = (match.start() + each for each in span)
            yield text[end:start], False
            yield text[start:stop], True
            end = stop
    yield text[end:], False


def _finding(text: bytes, rules: Rules) -> Container[int]:
    """The rules that find a candidate, by their numbers."""
    found = _together(rules).Match(text)
    if found is None and _suspicious(text, rules):  # the set gave up, for want of memory
        return range(len(rules))
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
def _together(rules: Rules) -> "re2.Set":
    """All rules as one pattern that tells which of them find something."""
    import re2  # noqa: PLC0415  # costs 10 ms

    together = re2.Set.SearchSet(_options())
    for rule in rules:
        together.Add(rule.pattern)
    together.Compile()
    return together


@cache
def _any(rules: Rules) -> "Pattern[bytes]":
    """All rules as one pattern that tells only whether any of them finds something."""
    return _compiled(b"|".join(b"(?:%b)" % rule.pattern for rule in rules))


@cache
def _either(rules: Rules) -> "Pattern[bytes]":
    """All rules as one pattern with a group for each."""
    return _compiled(b"|".join(b"(%b)" % rule.pattern for rule in rules))


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
