"""What attributes of events must look like, and which of them may become metric dimensions.

What an attribute's schema says of its form is also how personal values are kept out of it: a label
is short, and holds nothing that would be taken out of a text; a text is redacted. A street is told
by its number beside a word such as `street`, `straße` or `rue`, or an ending such as `-weg`; what
only a reader could tell, such as a person's name or `Via Roma 10`, a label does not keep out.
"""

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from cairn.events.model import EXACT
from cairn.llm.redact import harmless, redacted

type Form = Literal["label", "name", "trace", "path", "integer", "number"]
"""label      a short name out of few, such as a step's, that visitors' events bring along
name       a name that Cairn gives, such as a model's
trace      a trace id
path       the path of a page: redacted piece by piece, without query and fragment
integer    a whole number
number     any number
"""

LABEL: Final = re.compile(r"(?=\d{1,6}$|.*[^\W\d_])\w[\w .:/-]{0,63}")
"""Has a letter, or is a short number."""

NAME: Final = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,127}")
TRACE: Final = re.compile(r"[0-9a-f]{32}")
VARIATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PATH: Final = re.compile(r"(?s).+")

PATTERNS: Final = {"label": LABEL, "name": NAME, "trace": TRACE, "path": PATH}
"""What texts look like, by form."""

SAID: Final = {
    "label": "a short name of letters, digits, spaces and ._:/-, at most 64, not digits alone,"
    " with nothing personal in it",
    "name": "a short name in ASCII, at most 128 characters",
    "trace": "a trace id: 32 hex digits in lower case",
    "path": "a text that is not empty",
}
"""The same in words."""

_KEYS: Final = ("[key ", "[token ")

_PARTS: Final = re.compile(r"[\W_]+")

LONGEST_MIXED: Final = 8
"""A part of a label in which letters and digits are mixed is no key up to this length."""


@lru_cache(maxsize=4_096)
def is_label(text: str, pattern: re.Pattern[str] = LABEL) -> bool:
    """Whether a text has a label's form, or a variation's, and nothing would be taken out of it.

    A long one made of words, such as `adaptive-form-experiment-2026`, is not taken for a key.
    """
    if not pattern.fullmatch(text):
        return False
    if harmless(text):
        return True
    originals = redacted(text).originals
    return all(kind.startswith(_KEYS) and _of_words(found) for kind, found in originals.items())


def _of_words(text: str) -> bool:
    parts = _PARTS.split(text)
    return ":" not in text and all(len(each) <= LONGEST_MIXED or each.isalpha() for each in parts)


class AttributeSchema(NamedTuple):
    """What an attribute must look like.

    Attributes:
        form: see `Form`; numbers are never negative.
        required: whether an event without it is refused.
        unit: what a number counts, such as `ms`; empty where it has none.
        high: the largest number that makes sense.
        dimension: whether it may become a metric dimension: only what has few values may.
    """

    form: Form
    required: bool = False
    unit: str = ""
    high: float = EXACT
    dimension: bool = False

    def fits(self, value: object) -> bool:
        """Whether a value looks like this."""
        if self.form == "label":
            return isinstance(value, str) and is_label(value)
        pattern = PATTERNS.get(self.form)
        if pattern is not None:
            return isinstance(value, str) and pattern.fullmatch(value) is not None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        whole = self.form == "number" or isinstance(value, int)
        return whole and 0 <= value <= self.high

    @property
    def wanted(self) -> str:
        """What a value must be, as the end of a sentence."""
        if self.form in SAID:
            return SAID[self.form]
        whole = "a whole number" if self.form == "integer" else "a number"
        return f"{whole} from 0 to {self.high:.0f}"


def label(*, required: bool = False) -> AttributeSchema:
    """A short name out of few."""
    return AttributeSchema("label", required=required, dimension=True)


def name(*, required: bool = False, dimension: bool = True) -> AttributeSchema:
    """A name that Cairn gives."""
    return AttributeSchema("name", required=required, dimension=dimension)


def integer(unit: str, high: float = EXACT) -> AttributeSchema:
    """A whole number."""
    return AttributeSchema("integer", unit=unit, high=high)


def number(unit: str = "", *, required: bool = False, high: float = EXACT) -> AttributeSchema:
    """Any number."""
    return AttributeSchema("number", required=required, unit=unit, high=high)
