"""What is answered about flags to those who manage them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from cairn.configuration.differences import Difference, differences
from cairn.configuration.history import Recorded
from cairn.configuration.locking import entity_tag
from cairn.configuration.model import Actor, Document
from cairn.flags.documents import FlagDocument, FlagType
from cairn.flags.listing import Listed
from cairn.platform.clock import from_epoch_ms

SHOWN_DIFFERENCES: Final = 50
"""Differences that one change tells; the others are counted."""

SHOWN_VALUE_CHARS: Final = 1_000
"""JSON of a value in a difference, at most; a longer one is in the flag's version."""

type Op = Literal["add", "remove", "replace", "reorder"]
OPS: Final[dict[str, Op]] = {"+": "add", "-": "remove", "~": "replace"}


class FlagRow(BaseModel):
    """A flag in a list.

    Attributes:
        rules: how many there are.
        version: of its document.
        etag: what `If-Match` takes.
        changed_at: when it was last changed.
        stale: why it should go, such as `flag.expired`; empty where it should not.
    """

    key: str
    description: str
    owner: str
    tags: tuple[str, ...]
    type: FlagType
    enabled: bool
    archived: bool
    default: str
    rules: int
    version: int
    etag: str
    changed_at: datetime | None
    stale: tuple[str, ...]

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """The row of a flag."""
        flag = listed.flag
        return cls(
            key=flag.id,
            description=flag.description,
            owner=flag.owner,
            tags=flag.tags,
            type=flag.type,
            enabled=flag.enabled,
            archived=flag.archived,
            default=flag.default,
            rules=len(flag.rules),
            version=listed.document.version,
            etag=entity_tag(listed.document),
            changed_at=instant_of(listed.document),
            stale=listed.stale,
        )


class FlagList(BaseModel):
    """A page of flags, by their key.

    Attributes:
        next: the `cursor` of the next page; null on the last.
    """

    flags: list[FlagRow]
    next: str | None


class FlagView(BaseModel):
    """A flag as it is published.

    Attributes:
        key: by which clients ask for it.
        version: counts its changes, from 1.
        changed_at: when this version was published.
        stale: why it should go, such as `flag.expired`; empty where it should not.
        document: as it was written; send it back, changed, with `If-Match`.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    version: int
    changed_at: datetime | None
    stale: tuple[str, ...]
    document: FlagDocument


class DifferenceView(BaseModel):
    """One key that differs.

    Attributes:
        op: `reorder` tells the order of keys, before and after.
        pointer: JSON pointer; items of lists go by their id where they have one.
        before: the value; null for what was added.
        after: the value; null for what was removed.
        shortened: whether a value is too long to be shown here, and null instead.
    """

    op: Op
    pointer: str
    before: JsonValue
    after: JsonValue
    shortened: bool

    @classmethod
    def of(cls, difference: Difference) -> Self:
        """A difference, with values that are not too long."""
        values = (difference.before, difference.after)
        return cls(
            op="reorder" if difference.reordered else OPS[difference.sign],
            pointer=difference.pointer,
            before=_value(difference.before),
            after=_value(difference.after),
            shortened=any(_is_long(each) for each in values),
        )


class Differences(BaseModel):
    """What differs between two versions of a flag.

    Attributes:
        differences: key by key; at most 50.
        more: how many are not shown.
    """

    differences: list[DifferenceView]
    more: int

    @classmethod
    def between(cls, before: str | None, after: str | None) -> Self:
        """What differs between two documents, as JSON; None where there is none."""
        if before is None or after is None:
            found = [Difference("", before, after)]
        else:
            found = differences(json.loads(before), json.loads(after))
        shown = [DifferenceView.of(each) for each in found[:SHOWN_DIFFERENCES]]
        return cls(differences=shown, more=len(found) - len(shown))


class FlagChanged(FlagView):
    """A flag after it was changed, or as it would be.

    Attributes:
        published: false for a dry run, and where nothing differs.
        changes: what differs from before.
    """

    published: bool
    changes: Differences


class FlagChange(BaseModel):
    """Who changed a flag, when and how.

    Attributes:
        version: of the flag, afterwards.
        release: of the whole configuration.
        did: the verb, such as `rollout`; `apply` for files.
        by: who did it; a key by its id, which opens nothing.
        trace_id: of the request; null for files.
        changes: what differs from before.
    """

    version: int
    release: int
    at: datetime
    did: str
    by: Actor
    trace_id: str | None
    changes: Differences

    @classmethod
    def of(cls, recorded: Recorded, bodies: Mapping[str, str]) -> Self:
        """A change that was recorded, with the documents by their digests."""
        publication, change = recorded.publication, recorded.change
        before, after = (
            None if digest is None else bodies[digest] for digest in (change.before, change.after)
        )
        return cls(
            version=change.version,
            release=publication.release,
            at=publication.at,
            did=publication.did if after is not None else "remove",
            by=publication.by,
            trace_id=publication.trace_id,
            changes=Differences.between(before, after),
        )


class FlagHistory(BaseModel):
    """A page of a flag's changes, newest first.

    Attributes:
        next: the `cursor` of the next page; null on the last.
    """

    changes: list[FlagChange]
    next: int | None


def instant_of(document: Document) -> datetime | None:
    """When a document was published, as far as that is known."""
    return None if document.at_ms is None else from_epoch_ms(document.at_ms)


def _is_long(value: str | None) -> bool:
    return value is not None and len(value) > SHOWN_VALUE_CHARS


def _value(value: str | None) -> JsonValue:
    return None if value is None or _is_long(value) else json.loads(value)
