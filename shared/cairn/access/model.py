"""The words of access: scopes, roles, kinds of keys, principals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

WORKSPACE_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
"""What a workspace id looks like; `_system` is ours and never matches."""

SCHEMA: Final = 1

KEY_ID_DIGITS: Final = 16
"""Hex digits of a key's digest that tell keys apart."""


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
    READ_FLAGS = "flags:read"
    WRITE_FLAGS = "flags:write"


type KeyKind = Literal["secret", "publishable"]

type Role = Literal["viewer", "editor", "admin", "service"]
"""Who holds a secret key: somebody who looks, who changes, who may do everything, or a server."""

PUBLISHABLE: Final = frozenset(
    {Scope.DECIDE, Scope.READ_SESSIONS, Scope.TRACK, Scope.EVALUATE_FLAGS}
)
"""What a publishable key may do: it stands in a page's source."""

_READ: Final = frozenset(
    {
        Scope.READ_DECISIONS,
        Scope.READ_SESSIONS,
        Scope.READ_METRICS,
        Scope.READ_TRACES,
        Scope.READ_FLAGS,
        Scope.EVALUATE_FLAGS,
    }
)
_MANAGE: Final = frozenset({Scope.WRITE_FLAGS})

ROLES: Final[Mapping[Role, frozenset[Scope]]] = {
    "viewer": _READ,
    "editor": _READ | _MANAGE,
    "admin": frozenset(Scope),
    "service": frozenset(Scope) - _MANAGE,
}
"""What a new secret key may do; a server decides and counts, and changes no configuration."""


class KeyRecord(BaseModel):
    """A stored API key: never the key itself, only its digest.

    Attributes:
        digest: SHA-256 of the key, in hex.
        name: what people call it, such as `ci`.
        role: of a secret key.
        scopes: what it may do; those of its role when it was made.
        origins: where a publishable key may be used from; empty means anywhere.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    environment: str
    kind: KeyKind
    digest: str
    name: str = ""
    role: Role | None = None
    scopes: frozenset[Scope]
    origins: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """What it is called where it is told who did something; opens nothing."""
        return f"key_{self.digest[:KEY_ID_DIGITS]}"


class Principal(NamedTuple):
    """Whoever stands behind a request.

    Attributes:
        key: the id of the key; opens nothing.
        name: what people call the key.
    """

    workspace: str
    environment: str
    kind: KeyKind
    scopes: frozenset[Scope]
    key: str
    name: str
