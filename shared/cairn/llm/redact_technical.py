"""What is looked for in technical texts: in events and spans, as programs write them.

Ids, instants and versions are what such a text is there for, and look much like keys and numbers of
somebody's. So their shapes are left out first, save of what a word or a sign gives away; and of
what is left, a number counts as a phone or a card only if it is written like one.

A phone begins with `+`, `0` or `(`, or is grouped as phones are (ITU-T E.123), and has 7 to 15
digits (E.164). A card has its network's length and first digits, and adds up. A key mixes letters
and digits without making words. What was taken out of prose (see `cairn.llm.redact_rules`) beyond
that stays here.
"""

import re
from itertools import accumulate
from typing import Final

from cairn.llm.check_digits import is_payment_card
from cairn.llm.redact import Profile
from cairn.llm.redact_rules import (
    IBAN,
    IPS,
    SIGNED,
    STREETS,
    Rule,
    Rules,
    Span,
    all_of_it,
    national_id,
)

PHONE_DIGITS: Final = range(7, 16)
CARD_DIGITS: Final = range(13, 20)
CARD_GROUPS: Final = 8
"""Groups in which a card is written at most."""

SHORTEST_KEY: Final = 24
SHORTEST_PIECE: Final = 20
"""Characters of a key as a whole, and of a part of one without signs."""

SHORTEST_WORD: Final = 3
"""What is made of words has at least so many characters for each, on average."""

GROUPED: Final = frozenset(
    {(3, 3, 3), (3, 3, 4), (1, 3, 3, 4), (3, 2, 2, 2), (3, 3, 2, 2), (2, 3, 2, 2)}
    | {(4, 3, 3), (4, 3, 2, 2), (3, 4, 4), (2, 4, 4)}
)
"""How many digits stand in the groups of phones that begin with neither `+`, `0` nor `(`."""

BEFORE_PERSONAL: Final = frozenset(
    {b"tel", b"phone", b"telephone", b"fax", b"mobile", b"cell", b"card", b"iban", b"ssn", b"ip"}
)
"""Words that make no id of the number that is glued to them."""

_WORDS: Final = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_DIGITS: Final = re.compile(rb"[0-9]+")
_PIECES: Final = re.compile(rb"[A-Za-z0-9]+")


def _an_id(match: bytes) -> Span:
    """An id in hex: with a letter, for one in digits alone may be a card."""
    return (0, len(match)) if re.search(rb"[A-Fa-f]", match) else None


def _glued(match: bytes) -> Span:
    """A number with its prefix, unless that says whose it is, or the number is a card."""
    prefix = re.split(rb"[-_#]", match, maxsplit=1)[0].lower()
    digits = b"".join(_DIGITS.findall(match[len(prefix) :])).decode()
    is_card = len(digits) in CARD_DIGITS and is_payment_card(digits)
    return None if prefix in BEFORE_PERSONAL or is_card else (0, len(match))


def _qualified(match: bytes) -> Span:
    """A name within namespaces, unless it is an address (RFC 4291 writes `fe80::1`)."""
    return None if re.fullmatch(rb"[0-9A-Fa-f:]+", match) else (0, len(match))


def _product(match: bytes) -> Span:
    """A product with its version (RFC 9110, section 10.1.5), without the sign before it."""
    start = 0 if match[:1].isalpha() else 1
    return start, len(match)


SHAPES: Final[Rules] = (
    Rule(
        "id",
        rb"\b(?:[A-Za-z]{1,16}[_-])?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b",
        all_of_it,
    ),
    Rule(
        "id",
        rb"\b(?:[A-Za-z]{1,16}[_-])?(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24}"
        rb"|[0-9a-f]{16}|[0-9A-F]{32}|[0-9A-F]{16})\b",
        _an_id,
    ),
    Rule("id", rb"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", _an_id),
    Rule(
        "instant",
        rb"\b(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        rb"(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
        rb"(?: ?(?:Z|[+-][01][0-9]:?[0-5][0-9]))?)?\b",
        all_of_it,
    ),
    Rule("instant", rb"\b[0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:[.,][0-9]{1,9})?\b", all_of_it),
    Rule("version", rb"(?:^|[\s;(,])[A-Za-z][\w.-]*/v?[0-9]+(?:\.[0-9]+)+\b", _product),
    Rule("version", rb"(?i)\bv(?:er(?:sion)?[ :=]{1,2})?[0-9]+(?:\.[0-9]+)+\b", all_of_it),
    Rule("id", rb"\b[A-Za-z][A-Za-z0-9]{0,31}[-_#][0-9]+(?:[-_][0-9]+)*\b", _glued),
    Rule("name", rb"\b[A-Za-z_]\w*(?:::\w+)+", _qualified),
    Rule("path", rb"(?:^|[A-Za-z\s])/[1-9][0-9]*(?:[\s/?#\"',)]|$)", all_of_it),
)
"""What only `SIGNED` looks into. Of several that begin at one place, the first counts."""


def _phone(match: bytes) -> Span:
    digits = sum(map(len, _DIGITS.findall(match)))
    return (0, len(match)) if digits in PHONE_DIGITS else None


def _grouped(match: bytes) -> Span:
    """The first groups that are a phone: other numbers may stand around them."""
    found = list(_DIGITS.finditer(match))
    lengths = [len(each.group()) for each in found]
    for first in range(len(found)):
        for last in range(first + 2, min(first + 4, len(found))):
            start, stop = found[first].start(), found[last].end()
            if tuple(lengths[first : last + 1]) in GROUPED:
                return start, stop
    return None


def _card(match: bytes) -> Span:
    """The first groups of digits that are a card: other numbers may stand around them."""
    found = list(_DIGITS.finditer(match))
    for first, begins in enumerate(found):
        following = (each.group().decode() for each in found[first : first + CARD_GROUPS])
        for last, digits in enumerate(accumulate(following), start=first):
            if len(digits) > CARD_DIGITS[-1]:
                break
            if len(digits) in CARD_DIGITS and is_payment_card(digits):
                return begins.start(), found[last].end()
    return None


def _national_id(match: bytes) -> Span:
    """A national id in letters, or in groups: digits alone are as many ids of things."""
    return None if match.isdigit() else national_id(match)


def _key(match: bytes) -> Span:
    """A long run that mixes letters and digits, and makes no words of them."""
    pieces = [each for each in _PIECES.findall(match) if len(each) >= SHORTEST_PIECE]
    cases = (rb"[a-z]", rb"[A-Z]", rb"[0-9]")
    mixed = all(re.search(case, match) for case in cases) and _made(match)
    return (0, len(match)) if mixed or any(map(_made, pieces)) else None


def _made(text: bytes) -> bool:
    """Whether letters and digits are mixed as only a machine mixes them."""
    words = _WORDS.findall(text)
    mixed = any(each.isdigit() for each in words) and any(each.isalpha() for each in words)
    return mixed and len(text) < SHORTEST_WORD * len(words)


BETWEEN: Final[Rules] = (
    *IBAN,
    *IPS,
    Rule(
        "national id",
        rb"(?i)\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b"
        rb"|\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]\b"
        rb"|\b[XYZ0-9][ .-]?(?:[0-9][ .-]?){7}[A-Z]\b"
        rb"|\b[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}\b"
        rb"|\b[0-9](?:[ .-]?[0-9]){9,14}\b",
        _national_id,
    ),
    Rule("card", rb"[0-9](?:[ .-]?[0-9]){12,}", _card),
    Rule("phone", rb"\+[0-9](?:[ ()/.-]{0,3}[0-9]){6,}", _phone),
    Rule("phone", rb"\(\+?[0-9]{1,5}\)[ /-]{0,2}[0-9](?:[ /.-]?[0-9]){3,}", _phone),
    Rule("phone", rb"\b00?[1-9](?:[ ()/-]{0,2}[0-9]){5,}\b", _phone),
    Rule("phone", rb"\b[2-9][0-9]{2}\.[0-9]{3}\.[0-9]{4}\b", all_of_it),
    Rule("phone", rb"\b[0-9]{1,4}(?:[ -][0-9]{2,4}){2,}\b", _grouped),
    Rule("key", rb"[A-Za-z0-9+/_=-]{24,}", _key),
    *STREETS,
)
"""What is looked for between the shapes."""

SESSION: Final = Rule("key", rb"\bses_[0-9a-f]{32}\b", all_of_it)
"""The id of a session of ours: whoever knows it can read the session."""

TECHNICAL: Final = Profile((SESSION, *SIGNED), SHAPES, BETWEEN)
"""What programs write into events and spans."""
