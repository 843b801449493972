"""The sessions that a fit learns from: what Cairn itself would have kept of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from cairn.behavior.summary import Seen, Summary
from cairn.metrics.declared import NOTHING_DECLARED
from infra.replay.shoppers import Shopper

VISITOR_TYPE: Final = "visitor_type"

HELD_OUT: Final = 0.2
"""The share of sessions that a fit never sees."""

SALT: Final = "cairn-risk"


@dataclass(frozen=True, slots=True)
class Visit:
    """A finished session.

    Attributes:
        row: its place in the file.
        summary: as the fold would keep it; nothing tells whether it converted.
        converted: whether it did.
    """

    row: int
    summary: Summary
    converted: bool

    @property
    def visitor(self) -> str:
        """The type of visitor."""
        return self.summary.dimensions[VISITOR_TYPE]

    @property
    def held_out(self) -> bool:
        """Whether the fit must not see it: decided by a hash of its row, once and for all."""
        return share_of(self.row) >= 1 - HELD_OUT


def visits_of(shoppers: Iterable[Shopper]) -> list[Visit]:
    """The sessions of the file."""
    return [
        Visit(shopper.row, summary_of(shopper), converted=shopper.purchased) for shopper in shoppers
    ]


def summary_of(shopper: Shopper) -> Summary:
    """What the fold keeps of a session of the file, before it converts."""
    kinds = NOTHING_DECLARED.kinds
    return Summary(
        seen={
            kinds[viewed.kind]: Seen(viewed.pages, viewed.duration_ms) for viewed in shopper.viewed
        },
        dimensions={VISITOR_TYPE: shopper.dimensions[VISITOR_TYPE]},
    )


def share_of(row: int) -> float:
    """Where the hash of a row falls between 0 and 1."""
    digest = blake2b(f"{SALT}/{row}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
