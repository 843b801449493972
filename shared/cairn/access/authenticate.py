"""The one place where a request's key becomes a principal."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from cairn.access.keys import digest_of, presented_key, workspace_of
from cairn.access.model import KeyRecord, Principal, Scope
from cairn.platform.clock import Deadline, Ticker
from cairn.platform.errors import Forbidden, StoreUnavailable, Unauthenticated
from cairn.platform.lanes import Lanes

KEPT_S: Final = 30.0
"""A revoked key works at most this much longer in a warm instance."""

KEPT_UNKNOWN_S: Final = 5.0
"""A new key that was tried too early is seen after this."""

GRACE_S: Final = 600.0
"""A key that was good goes on working this long while its record cannot be read again."""

RETRY_S: Final = 5.0
"""So long nobody waits again for records that could not be read."""

RESERVE_MS: Final = 30.0
"""What looking up a key leaves of a deadline: for an answer by what is remembered."""

KEPT_KEYS: Final = 1_000


class Keys(Protocol):
    """Finds key records."""

    def find(self, workspace: str, digest: str) -> KeyRecord | None:
        """The record of a key, or None."""
        ...


class _Known(NamedTuple):
    """A key that was looked up: its record, when that was, and until when it is not done again."""

    record: KeyRecord | None
    read_s: float
    until_s: float


class KeyRing:
    """Authenticates requests; remembers a bounded number of keys for a short time."""

    def __init__(self, keys: Keys, environment: str, tick: Ticker = time.monotonic) -> None:
        self._keys = keys
        self._environment = environment
        self._tick = tick
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lanes = Lanes()

    def authenticate(
        self,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        scope: Scope,
        deadline: Deadline,
    ) -> Principal:
        """The principal behind a request that wants to do `scope`.

        A record is waited for until shortly before the deadline, and then recalled.

        Raises:
            Unauthenticated: no key, a wrong one, or one of another environment.
            Forbidden: the key lacks the scope, or is used from a foreign origin.
            StoreUnavailable: its record cannot be read, and it was not good within `GRACE_S`.
        """
        record = self._record(presented_key(headers, query), deadline)
        if scope not in record.scopes:
            raise Forbidden(f"The key lacks the scope {scope}.", code="access.scope_missing")
        if record.origins and headers.get("origin") not in record.origins:
            raise Forbidden(
                "The key may not be used from this origin.", code="access.origin_refused"
            )
        return Principal(
            workspace=record.workspace,
            environment=record.environment,
            kind=record.kind,
            scopes=record.scopes,
            key=record.id,
            name=record.name,
        )

    def _record(self, key: str | None, deadline: Deadline) -> KeyRecord:
        if not key:
            raise Unauthenticated("Send a key as X-API-Key or Bearer.", code="access.key_missing")
        workspace = workspace_of(key)
        record = self._found(workspace, digest_of(key), deadline) if workspace else None
        if record is None or record.environment != self._environment:
            raise Unauthenticated("Unknown API key.", code="access.key_unknown")
        return record

    def _found(self, workspace: str, digest: str, deadline: Deadline) -> KeyRecord | None:
        known, now_s = self._known.get(digest), self._tick()
        if known is not None and now_s < known.until_s:
            self._known.move_to_end(digest)
            return known.record
        try:
            return self._lanes.within(
                deadline.left_ms(RESERVE_MS), lambda: self._read(workspace, digest, now_s)
            )
        except StoreUnavailable:
            return self._recalled(digest)

    def _read(self, workspace: str, digest: str, now_s: float) -> KeyRecord | None:
        """Looks a key up and remembers it, also where nobody waits for it any more."""
        record = self._keys.find(workspace, digest)
        kept_s = KEPT_S if record else KEPT_UNKNOWN_S
        self._known[digest] = _Known(record, now_s, now_s + kept_s)
        if len(self._known) > KEPT_KEYS:
            self._known.popitem(last=False)
        return record

    def _recalled(self, digest: str) -> KeyRecord:
        known, now_s = self._known.get(digest), self._tick()
        if known is None or known.record is None or now_s >= known.read_s + GRACE_S:
            raise StoreUnavailable("The key cannot be looked up right now.")
        self._known[digest] = known._replace(until_s=max(known.until_s, now_s + RETRY_S))
        return known.record
