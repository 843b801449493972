"""What is looked for in prose: patterns, and what must hold of a match."""

from collections.abc import Callable
from typing import Final, NamedTuple

from cairn.llm.check_digits import iban_length, is_card, is_iban, is_national_id

type Span = tuple[int, int] | None
"""Which part of a match counts, in bytes; None where nothing does."""

CARD_LENGTHS: Final = range(19, 12, -1)

PHONE_DIGITS: Final = 7
"""Fewest digits of a phone number that begins like one."""

NUMBER_DIGITS: Final = 9
"""So many digits are taken out however they begin."""

BETWEEN_GROUPS: Final = b" .-"
"""What may stand between the digits of cards and ids."""

BETWEEN_DIGITS: Final = b"+() /.-"
"""What a phone number may have besides its digits."""

NO_STREET: Final = frozenset(
    {"a", "and", "at", "by", "down", "for", "from", "in", "is", "my", "of", "off", "on", "or"}
    | {"our", "out", "over", "per", "that", "the", "this", "to", "up", "with", "your"}
)
"""Words that the name of an English street does not have."""

LONGEST_NUMBER: Final = 40
"""Longer runs of digits are taken out unchecked."""


class Rule(NamedTuple):
    """One kind of thing that is taken out.

    Attributes:
        name: stands in its placeholder.
        pattern: for RE2, over the bytes of UTF-8; what is not ASCII stands from 0x80 to 0xff.
        span: which part of a match counts.
        again: whether a match of which nothing counts may hide another one that begins in it;
            only for patterns of bounded length, so that the time stays linear.
    """

    name: str
    pattern: bytes
    span: Callable[[bytes], Span]
    again: bool = False


type Rules = tuple[Rule, ...]
"""In the order in which they are looked for; what one took out, the next don't see."""


def all_of_it(match: bytes) -> Span:
    """The whole match counts."""
    return 0, len(match)


def _iban(match: bytes) -> Span:
    """The beginning that is an IBAN: words may follow without a clear end."""
    text = match.decode().upper()
    places = [place for place, each in enumerate(text) if each.isalnum()]
    length = iban_length(text[:2])
    if length is None or length > len(places):
        return None
    stop = places[length - 1] + 1
    return (0, stop) if is_iban("".join(filter(str.isalnum, text[:stop]))) else None


def _card(match: bytes) -> Span:
    """The first run of digits that is a card's number: other digits may stand around it."""
    text = match.decode()
    digits = match.translate(None, BETWEEN_GROUPS).decode()
    if len(digits) in CARD_LENGTHS and is_card(digits):
        return 0, len(match)
    places = [place for place, each in enumerate(text) if each.isdigit()]
    if len(places) > LONGEST_NUMBER:
        return 0, len(match)
    for start in range(len(digits)):
        for length in CARD_LENGTHS:
            if start + length <= len(digits) and is_card(digits[start : start + length]):
                return places[start], places[start + length - 1] + 1
    return None


def national_id(match: bytes) -> Span:
    """The whole match, where its digits add up."""
    text = match.upper().translate(None, BETWEEN_GROUPS).decode()
    return (0, len(match)) if is_national_id(text) else None


def _address(match: bytes) -> Span:
    import ipaddress  # noqa: PLC0415  # 3 ms, for texts that look like it

    text = match.decode().rstrip(".:")
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return None
    return 0, len(text)


def _phone(match: bytes) -> Span:
    digits = len(match.translate(None, BETWEEN_DIGITS))
    begins = match[:1] in (b"+", b"0", b"(")
    if digits < (PHONE_DIGITS if begins else NUMBER_DIGITS):
        return None
    return 0, len(match)


def _secret(match: bytes) -> Span:
    """Long runs with letters and digits mixed: no word looks like that."""
    text = match.decode()
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return (0, len(match)) if mixed else None


def _street(match: bytes) -> Span:
    """A street with its number, unless the words between make it a sentence."""
    words = match.decode().lower().replace(",", " ").split()
    return None if NO_STREET.intersection(words) else (0, len(match))


SIGNED: Final = (
    Rule("key", rb"-----BEGIN [A-Z ]+-----[^-]*(?:-----END [A-Z ]+-----)?", all_of_it),
    Rule("token", rb"(?:\b|_)eyJ[\w-]{8,}(?:\.[\w-]*)+", all_of_it),
    Rule("token", rb"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{12,}", all_of_it),
    Rule(
        "key",
        rb"\b(?:sk|pk|rk|gh[oprsu]|github_pat|glpat|xox[abeprs]|npm|pypi|hf|whsec)[_-][\w-]{8,}"
        rb"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}",
        all_of_it,
    ),
    Rule(
        "key",
        rb"(?i)\b(?:password|passwort|passwd|pwd|secret|api[_-]?key)\s*[:=]\s*\S+",
        all_of_it,
    ),
    Rule(
        "key",
        rb"(?i)\b[\w-]*(?:token|secret|passwor[dt]|passwd|pwd|api_?key|jwt|session_?id|sessid"
        rb"|signature|otp)=[^\s&;]+",
        all_of_it,
    ),
    Rule(
        "email",
        rb"(?i)[^\s@<>()\[\],;:]+ ?(?:@|\(at\)|\[at\]) ?"
        rb"[0-9A-Z\x80-\xff](?:[.-]?[0-9A-Z\x80-\xff]+)*",
        all_of_it,
    ),
)
"""What a word or a sign beside it gives away."""

IBAN: Final = (
    Rule("iban", rb"(?i)\b[A-Z]{2}[0-9]{2}(?:[ .-]?[A-Z0-9]){11,30}", _iban, again=True),
)

IPS: Final = (
    Rule("ip", rb"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", _address),
    Rule("ip", rb"(?i)(?:[0-9A-F]{0,4}:){2,7}(?:[0-9.]{7,15}|[0-9A-F]{0,4})", _address),
)

NUMBERS: Final = (
    Rule(
        "national id",
        rb"(?i)\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b"
        rb"|\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]\b"
        rb"|\b[XYZ0-9][ .-]?(?:[0-9][ .-]?){7}[A-Z]\b"
        rb"|\b[0-9](?:[ .-]?[0-9]){8,14}\b",
        national_id,
    ),
    Rule("card", rb"[0-9](?:[ .-]?[0-9]){12,}", _card),
    Rule("phone", rb"[+(]?[0-9](?:[ ()/.-]{0,3}[0-9]){6,}", _phone),
    Rule("key", rb"[A-Za-z0-9+/_=-]{24,}", _secret),
)
"""Rather one number too many than one too few."""

STREETS: Final = (
    Rule(
        "address",
        rb"(?i)\b[0-9]{1,5}[a-z]?,? (?:[a-z\x80-\xff'.-]+ ){1,3}"
        rb"(?:street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd)\b",
        _street,
    ),
    Rule(
        "address",
        rb"(?i)[a-z\x80-\xff-]*(?:stra(?:ss|\xc3\x9f)e|str\.|gasse|allee|platz|weg|straat|laan"
        rb"|plein|gracht) [0-9]{1,4}(?: ?[a-z])?\b",
        all_of_it,
    ),
    Rule(
        "address",
        rb"(?i)\b(?:[0-9]{1,4}(?: ?bis| ?ter)?,? (?:rue|boulevard|avenue|chemin|quai)"
        rb"(?: [a-z\x80-\xff'.-]+){1,4}|(?:calle|avenida|viale|piazza|ulica)"
        rb"(?: [a-z\x80-\xff'.-]+){1,4},? [0-9]{1,4})\b",
        all_of_it,
    ),
)

RULES: Final[Rules] = (*SIGNED, *IBAN, *IPS, *NUMBERS, *STREETS)
