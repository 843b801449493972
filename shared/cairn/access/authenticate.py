"""The one place where a request's key becomes a principal."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Protocol

from cairn.access.keys import digest_of, presented_key, workspace_of
from cairn.access.model import KeyRecord, Principal, Scope
from cairn.platform.clock import Ticker
from cairn.platform.errors import Forbidden, Unauthenticated

KEPT_S: Final = 30.0
"""A revoked key works at most this much longer in a warm instance."""

KEPT_UNKNOWN_S: Final = 5.0
"""A new key that was tried too early is seen after this."""

KEPT_KEYS: Final = 1_000


class Keys(Protocol):
    """Finds key records."""

    def find(self, workspace: str, digest: str) -> KeyRecord | None:
        """The record of a key, or None."""
        ...


class KeyRing:
    """Authenticates requests; remembers a bounded number of keys for a short time."""

    def __init__(self, keys: Keys, environment: str, tick: Ticker = time.monotonic) -> None:
        self._keys = keys
        self._environment = environment
        self._tick = tick
        self._known: OrderedDict[str, tuple[float, KeyRecord | None]] = OrderedDict()

    def authenticate(
        self, headers: Mapping[str, str], query: Mapping[str, str], scope: Scope
    ) -> Principal:
        """The principal behind a request that wants to do `scope`.

        Raises:
            Unauthenticated: no key, a wrong one, or one of another environment.
            Forbidden: the key lacks the scope, or is used from a foreign origin.
            StoreUnavailable: the key is not known here and its record cannot be read.
        """
        record = self._record(presented_key(headers, query))
        if scope not in record.scopes:
            raise Forbidden(f"The key lacks the scope {scope}.", code="access.scope_missing")
        if record.origins and headers.get("origin") not in record.origins:
            raise Forbidden("The key is bound to other origins.", code="access.origin_refused")
        return Principal(record.workspace, record.environment, record.kind, record.scopes)

    def _record(self, key: str | None) -> KeyRecord:
        if not key:
            raise Unauthenticated("Send a key as X-API-Key or Bearer.", code="access.key_missing")
        workspace = workspace_of(key)
        record = self._find(workspace, digest_of(key)) if workspace else None
        if record is None or record.environment != self._environment:
            raise Unauthenticated("The key opens nothing.", code="access.key_unknown")
        return record

    def _find(self, workspace: str, digest: str) -> KeyRecord | None:
        kept = self._known.get(digest)
        if kept is not None and self._tick() < kept[0]:
            self._known.move_to_end(digest)
            return kept[1]
        record = self._keys.find(workspace, digest)
        seconds = KEPT_S if record else KEPT_UNKNOWN_S
        self._known[digest] = (self._tick() + seconds, record)
        if len(self._known) > KEPT_KEYS:
            self._known.popitem(last=False)
        return record
