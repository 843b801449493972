"""What was done to a document: who, when, from what to what."""

from dataclasses import dataclass

from cairn.configuration.model import Change, Publication


@dataclass(frozen=True, slots=True)
class Recorded:
    """One change of a document, in the publication that made it."""

    publication: Publication
    change: Change


@dataclass(frozen=True, slots=True)
class History:
    """A page of a document's history, newest first.

    Attributes:
        changes: may be fewer than were asked for, also where more follow.
        following: the release before which to go on; None at the end.
    """

    changes: tuple[Recorded, ...]
    following: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What is kept of an Idempotency-Key.

    Attributes:
        request: digest of the request that came with it.
        made: address of the document that it made.
    """

    request: str
    made: str
