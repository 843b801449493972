"""What a scripted model says it used: made from lengths, with a prompt cache that remembers."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

CHARS_PER_TOKEN: Final = 4
REASONED: Final = 16
PREFIXES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens of one call.

    Attributes:
        prompt: all that was read; `cached` and `written` are parts of it.
        cached: read from the prompt cache.
        written: put into the prompt cache.
        generated: all that was generated; `reasoned` is a part of it.
        reasoned: thought, and not shown.
    """

    prompt: int
    cached: int
    written: int
    generated: int
    reasoned: int = 0


class Counter:
    """Counts tokens, and remembers the prefixes that it has read."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, None] = OrderedDict()

    def used(self, prefix: str, rest: str, generated: str) -> Used:
        """The tokens of a call; a prefix is written at first, and cached from then on."""
        stable = tokens(prefix)
        known = prefix in self._read
        self._read[prefix] = None
        if len(self._read) > PREFIXES:
            self._read.popitem(last=False)
        return Used(
            prompt=stable + tokens(rest),
            cached=stable if known else 0,
            written=0 if known else stable,
            generated=tokens(generated) + REASONED,
            reasoned=REASONED,
        )


def tokens(text: str) -> int:
    """About as many tokens as a text has."""
    return -(-len(text) // CHARS_PER_TOKEN)
