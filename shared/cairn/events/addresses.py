"""Addresses of pages without what may open a door.

What says which page it is stays: the host and the path. A query, a fragment and who logs in are
cut, and so are the parameters that a piece of a path may have after `;` (RFC 3986, section 3.3). A
long piece that only a machine made, such as a token to reset a password, is not kept either.
"""

import re
from typing import Final

from cairn.events.personal import looks_made

KEY: Final = "[key]"
"""Stands for a piece of a path that looks like a key."""

SHORTEST_KEY: Final = 16

_ADDRESS: Final = re.compile(r"(?:(?<=:)/|(?<!\S))/\S*")
_BEYOND: Final = re.compile(r"[?#]")
_LOGIN: Final = re.compile(r"(?<![^:])//[^/]*@")
_PARAMETERS: Final = re.compile(r";[^/]*")
_LONG: Final = re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST_KEY},}}")


def bare(address: str) -> str:
    """An address, or its path alone, as far as it says which page it is."""
    kept = _BEYOND.split(address, 1)[0]
    if "@" in kept:
        kept = _LOGIN.sub("//", kept)
    if ";" in kept:
        kept = _PARAMETERS.sub("", kept)
    return _LONG.sub(_unless_a_key, kept)


def with_bare_addresses(text: str) -> str:
    """A text in which every address, and every path at the beginning of a word, is bare."""
    return _ADDRESS.sub(_bare, text) if "/" in text else text


def _bare(found: re.Match[str]) -> str:
    return bare(found.group())


def _unless_a_key(found: re.Match[str]) -> str:
    return KEY if looks_made(found.group()) else found.group()
