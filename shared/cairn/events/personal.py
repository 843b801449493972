"""Attributes whose names say that their values are somebody's own, or are somebody's themselves."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from cairn.llm.redact import harmless, redacted

SHORTEST_WORD: Final = 3
"""What is made of words has at least so many characters for each, on average."""

_KEYS: Final = ("[key ", "[token ")

_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_]+")

_PERSONAL: Final = re.compile(
    r"(?:name|(?:.*_)?(?:"
    r"e_?mail|e_?mail_address|address|address_line|street|zip|zip_code|postcode|postal_code"
    r"|phone|telephone|fax|(?:phone|telephone|mobile|fax)_?number"
    r"|(?:first|last|full|family|given|middle|maiden|birth|nick|user|customer|contact|person|holder)"
    r"_?name|surname|login"
    r"|birth_?day|birth_?date|date_of_birth|dob"
    r"|ssn|social_security_number|tax_id|passport|passport_number|national_id|id_number"
    r"|iban|account_number|card_?number|credit_card|cvc|cvv"
    r"|ip|ip_address|latitude|longitude"
    r"|password|passwd|pwd|passwort|secret|api_?key|authorization"
    r")(?:e?s)?|(?:.*_)?(?:login|token))"
    r"(?:_confirm|_confirmation)?(?:_[0-9]+)?"
)
"""The end of a name decides: `user_email` is personal, `email_template` is not.

It may be in the plural, numbered, or typed again; only `logins` and `tokens` are counts.
"""


@lru_cache(maxsize=4_096)
def says_personal(name: str) -> bool:
    """Whether an attribute, or a field, of this name holds what is somebody's own.

    `name` alone is taken for a person's; `product_name` and the like are not.
    """
    return _PERSONAL.fullmatch(in_words(name)) is not None


@lru_cache(maxsize=4_096)
def holds_personal(name: str) -> bool:
    """Whether an attribute's name itself holds something personal: `answers.ada@example.com`.

    A long name made of words is not taken for a key.
    """
    plain = unquote(name)
    if harmless(plain):
        return False
    found = redacted(plain).originals
    return not all(kind.startswith(_KEYS) and not looks_made(each) for kind, each in found.items())


def looks_made(text: str) -> bool:
    """Whether letters and digits are mixed as in a key: `V1StGXR8_Z5jdHi6B`, not `step2Payment`."""
    words = _WORDS.findall(text)
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return mixed and len(text) < SHORTEST_WORD * len(words)


def in_words(name: str) -> str:
    """A name in lower case, with `_` between its words however they were written."""
    return "_".join(_WORDS.findall(name)).lower()
