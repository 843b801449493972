"""The words of access: scopes, kinds of keys, principals."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

WORKSPACE_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
"""What a workspace id looks like; `_system` is ours and never matches."""

SCHEMA: Final = 1


class Scope(StrEnum):
    """One thing that a key may be allowed to do."""

    DECIDE = "decisions:write"
    READ_DECISIONS = "decisions:read"
    READ_SESSIONS = "sessions:read"
    BRING_SESSIONS = "sessions:bring"
    TRACK = "events:write"
    EVALUATE_FLAGS = "flags:evaluate"
    READ_METRICS = "metrics:read"
    WRITE_TRACES = "traces:write"
    READ_TRACES = "traces:read"


type KeyKind = Literal["secret", "publishable"]

SCOPES: Final[dict[KeyKind, frozenset[Scope]]] = {
    "secret": frozenset(Scope),
    "publishable": frozenset(
        {Scope.DECIDE, Scope.READ_SESSIONS, Scope.TRACK, Scope.EVALUATE_FLAGS}
    ),
}
"""What a new key may do, by its kind: a publishable one stands in a page's source."""


class KeyRecord(BaseModel):
    """A stored API key: never the key itself, only its digest.

    Attributes:
        digest: SHA-256 of the key, in hex.
        origins: where a publishable key may be used from; empty means anywhere.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    environment: str
    kind: KeyKind
    digest: str
    scopes: frozenset[Scope]
    origins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever stands behind a request."""

    workspace: str
    environment: str
    kind: KeyKind
    scopes: frozenset[Scope]
