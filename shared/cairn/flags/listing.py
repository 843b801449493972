"""Lists of flags: which of them, in the order of their keys, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass

from cairn.configuration.model import Document
from cairn.flags.documents import FlagDocument, FlagType


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; everything that is None is not looked at.

    Attributes:
        enabled: by the kill switch, not by environment.
        archived: what is put away, or what is not.
        stale: what should go, or what should not.
    """

    tag: str | None = None
    owner: str | None = None
    type: FlagType | None = None
    enabled: bool | None = None
    archived: bool | None = False
    stale: bool | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A flag in a list.

    Attributes:
        document: as it is published.
        flag: as it is understood.
        stale: codes of why it should go; empty where it should not.
    """

    document: Document
    flag: FlagDocument
    stale: tuple[str, ...]


def takes(wanted: Filter, listed: Listed) -> bool:
    """Whether a flag is among those that are looked for."""
    flag = listed.flag
    asked = (
        (wanted.owner, flag.owner),
        (wanted.type, flag.type),
        (wanted.enabled, flag.enabled),
        (wanted.archived, flag.archived),
        (wanted.stale, bool(listed.stale)),
    )
    tagged = wanted.tag is None or wanted.tag in flag.tags
    return tagged and all(value is None or value == found for value, found in asked)


def page(
    flags: Iterable[Listed], wanted: Filter, after: str, limit: int
) -> tuple[list[Listed], str | None]:
    """The next flags that are looked for, and after which key to go on.

    Args:
        flags: all of them, in any order.
        wanted: which of them.
        after: the key after which the page begins; empty for the first.
        limit: flags of the page, at most.

    Returns:
        The page, and the last key in it; None where nothing follows.
    """
    found = sorted(
        (each for each in flags if each.flag.id > after and takes(wanted, each)),
        key=lambda each: each.flag.id,
    )
    shown = found[:limit]
    return shown, shown[-1].flag.id if len(found) > limit else None
