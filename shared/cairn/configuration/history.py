"""What was done to a document: who, when, from what to what."""

from typing import NamedTuple

from cairn.configuration.model import Change, Publication


class Recorded(NamedTuple):
    """One change of a document, in the publication that made it."""

    publication: Publication
    change: Change


class History(NamedTuple):
    """A page of a document's history, newest first.

    Attributes:
        changes: may be fewer than were asked for, also where more follow.
        following: the release before which to go on; None at the end.
    """

    changes: tuple[Recorded, ...]
    following: int | None


class Mark(NamedTuple):
    """What is kept of an Idempotency-Key.

    Attributes:
        request: digest of the request that came with it.
        made: address of the document that it made.
    """

    request: str
    made: str
