"""How keys look, are made, and are found in a request."""

import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from cairn.access.model import PUBLISHABLE, ROLES, KeyKind, KeyRecord, Role

PREFIXES: Final[dict[KeyKind, str]] = {"secret": "sk", "publishable": "pk"}

_KEY: Final = re.compile(r"(sk|pk)_([a-z0-9][a-z0-9-]{0,31})_([0-9a-f]{48})")


def new_key(  # noqa: PLR0913  # what a key is
    kind: KeyKind,
    *,
    workspace: str,
    environment: str,
    role: Role = "service",
    name: str = "",
    origins: frozenset[str] = frozenset(),
) -> tuple[str, KeyRecord]:
    """A new key, to be shown once, and the record that is stored of it.

    Args:
        kind: for servers and people, or for web pages.
        workspace: whose things it opens.
        environment: where it works.
        role: of a secret key; a publishable one has none.
        name: what people call it.
        origins: where a publishable key may be used from; empty means anywhere.
    """
    secret = kind == "secret"
    key = f"{PREFIXES[kind]}_{workspace}_{secrets.token_hex(24)}"
    record = KeyRecord(
        workspace=workspace,
        environment=environment,
        kind=kind,
        digest=digest_of(key),
        name=name,
        role=role if secret else None,
        scopes=ROLES[role] if secret else PUBLISHABLE,
        origins=origins,
    )
    return key, record


def digest_of(key: str) -> str:
    """SHA-256 in hex. Keys have 192 random bits, so a slow hash would add nothing."""
    return sha256(key.encode()).hexdigest()


def workspace_of(key: str) -> str | None:
    """The workspace that a well-formed key names; None for anything else."""
    match = _KEY.fullmatch(key)
    return match[2] if match else None


def presented_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The key a request shows: `X-API-Key`, a bearer token, or, publishable only, `?key=`."""
    if key := headers.get("x-api-key"):
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    key = query.get("key", "")
    return key if key.startswith(f"{PREFIXES['publishable']}_") else None
