"""How many tokens a text has, without a vocabulary: an estimate, and bounds around it.

Byte-level BPE vocabularies (`cl100k_base`, `o200k_base` and their like) first cut a text into
words, runs of at most three digits, runs of punctuation and line breaks, and then split rare words
further. The estimate makes the same cut and charges words by their length.

How far off: for prose and JSON in languages with Latin letters, `o200k_base` counts between half
of the estimate and 1.25 times the estimate; so `at_most` is the bound to plan with. It is checked
against that vocabulary wherever it is at hand. For any text whatsoever the one certain bound is
its length in bytes, because every token stands for at least one. Random letters may pass
`at_most`, not the bytes; long ones are redacted before they are sent.
"""

import re
from math import ceil
from typing import Final

ERROR: Final = 0.25
"""The share by which a vocabulary may count more than the estimate."""

_PIECES: Final = re.compile(
    r"[A-Z]?[a-z]{1,6}"  # words, six letters a token
    r"|[A-Z]{1,3}"
    r"|[0-9]{1,3}"
    r"|[!-/:-@\[-`{-~]{1,3}"  # punctuation
    r"|\s*\n\s*|[ \t\r\f\v]{2,}"  # line breaks and indents; one space belongs to its word
    r"|[^\x00-\x7f]"  # two bytes a token: see `_LONG`
)
"""What one token stands for, about."""

_LONG: Final = re.compile(r"[^\x00-\u07ff]")
"""Characters of three or four bytes, which count twice."""


def estimate(text: str) -> int:
    """The likely number of tokens."""
    found = len(_PIECES.findall(text))
    return found if text.isascii() else found + len(_LONG.findall(text))


def at_most(text: str) -> int:
    """The number of tokens that a text of ours does not exceed; see the module for what is sure."""
    return ceil(estimate(text) * (1 + ERROR))
