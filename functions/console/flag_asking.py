"""What may be asked of flags by those who manage them."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from cairn.flags.documents import FlagType, Fraction, Identifier
from cairn.flags.listing import Filter

DEFAULT_LIMIT: Final = 50
LONGEST_LIST: Final = 200
LONGEST_HISTORY: Final = 20
"""Changes of a page of history: each may have two documents of 300 KB to be compared."""

type Text = Annotated[str, Field(min_length=1, max_length=128)]


class AskedFlags(BaseModel):
    """What may be asked of flags; anything else is refused, so that no filter seems to work."""

    model_config = ConfigDict(extra="forbid")

    tag: Annotated[Text | None, Field(description="Only flags with this tag.")] = None
    owner: Annotated[Text | None, Field(description="Only flags of this owner.")] = None
    type: Annotated[FlagType | None, Field(description="Only flags of this type.")] = None
    enabled: Annotated[
        bool | None, Field(description="Only flags that are switched on, or off.")
    ] = None
    archived: Annotated[bool, Field(description="Only archived flags.")] = False
    stale: Annotated[bool | None, Field(description="Only stale flags.")] = None
    limit: Annotated[int, Field(ge=1, le=LONGEST_LIST, description="Flags per page.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[Identifier | None, Field(description="`next` of the previous page.")] = None

    def filter(self) -> Filter:
        """What is looked for."""
        return Filter(
            tag=self.tag,
            owner=self.owner,
            type=self.type,
            enabled=self.enabled,
            archived=self.archived,
            stale=self.stale,
        )


class AskedFlag(BaseModel):
    """What may be said of a flag besides its key."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[
        int | None,
        Field(
            ge=1, le=1_000_000_000, description="The version to read; the current one by default."
        ),
    ] = None


class AskedHistory(BaseModel):
    """What may be asked of a history."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=LONGEST_HISTORY, description="Changes per page.")] = (
        LONGEST_HISTORY
    )
    cursor: Annotated[
        int | None, Field(ge=1, le=99_999_999, description="`next` of the previous page.")
    ] = None


class Rollout(BaseModel):
    """Another share of subjects for one rule.

    Attributes:
        rule: the rule's id.
        coverage: the share of subjects that the rule concerns, from 0 to 1; those who are in
            stay in while it grows.
    """

    model_config = ConfigDict(extra="forbid")

    rule: Identifier
    coverage: Fraction
