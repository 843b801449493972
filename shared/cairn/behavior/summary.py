"""What a whole session amounted to so far: a handful of numbers that the fold keeps.

The session's last events (`Recent`) are forgotten one by one; this is not. It only ever grows, by
what each event adds, so that it is the same in whichever company and order the events came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Seen(NamedTuple):
    """The pages of one kind that a session saw.

    Attributes:
        pages: how many, repeated views included.
        duration_ms: time on all of them together.
    """

    pages: int = 0
    duration_ms: int = 0

    def plus(self, other: "Seen") -> "Seen":
        """Both together."""
        return Seen(self.pages + other.pages, self.duration_ms + other.duration_ms)


NOTHING: Final = Seen()


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in numbers, as far as the fold has counted it.

    Attributes:
        seen: what it saw, by the kinds of pages that its workspace declares (or `other`).
        dimensions: the value that it showed of each declared dimension.
        converted: whether it did anything that it was wanted for.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    converted: bool = False


EMPTY: Final = Summary()
"""What is known of a session of which nothing was counted yet."""
