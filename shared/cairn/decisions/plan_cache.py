"""The cache as a tier: findings under exactly what the rules read.

Two levels: a bounded memory in the process, and the shared cache. One trip to the shared cache
per decision at most: a fresh finding waits in the process until the next trip takes it along. If
the process ends before, that costs a miss, nothing else.
"""

import json
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from pydantic import ValidationError

from cairn.decisions.finding import Degraded, Finding, Pass, Source
from cairn.decisions.limits import FALLBACK_RESERVE_MS, PLAN_S, PLANS_IN_PROCESS, PLANS_WAITING
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.platform.cache import Cache
from cairn.platform.clock import Deadline, Ticker
from cairn.platform.errors import CacheUnavailable
from cairn.platform.lanes import Lanes

SCHEMA: Final = 1
"""Part of every key: findings of another form are never met."""

MISS: Final = "miss"


class PlanCache[Doc, Case: OfWorkspace, Choice]:
    """Findings of earlier decisions."""

    source: Source = "cache"

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        finding: type[Finding[Choice]],
        cache: Cache,
        lanes: Lanes,
        tick: Ticker,
    ) -> None:
        self._surface = surface
        self._finding = finding
        self._cache = cache
        self._lanes = lanes
        self._tick = tick
        self._kept: OrderedDict[str, tuple[float, Finding[Choice]]] = OrderedDict()
        self._waiting: OrderedDict[str, bytes] = OrderedDict()

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:
        """The finding of an earlier case with the same inputs; see `Tier.find`."""
        key = self.key(case)
        kept = self._kept.get(key)
        if kept is not None and self._tick() < kept[0]:
            self._kept.move_to_end(key)
            return kept[1]
        try:
            body = self._exchange(key, deadline)
        except CacheUnavailable as error:
            return Pass(error.code, degraded=Degraded(code=error.code, detail=error.detail))
        found = self._read(body)
        if found is None:
            return Pass(MISS)
        self._keep(key, found)
        return found

    def remember(self, case: Case, finding: Finding[Choice]) -> None:
        """Keeps a fresh finding, and hands it to the next trip to the shared cache."""
        key = self.key(case)
        self._keep(key, finding)
        self._waiting[key] = finding.model_dump_json().encode()
        if len(self._waiting) > PLANS_WAITING:
            self._waiting.popitem(last=False)

    def key(self, case: Case) -> str:
        """`{workspace}:plan:<digest of everything the rules read>`; no personal value in it."""
        inputs = [SCHEMA, self._surface.name, self._surface.inputs(case)]
        body = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
        return f"{case.workspace}:plan:{blake2b(body.encode(), digest_size=16).hexdigest()}"

    def _exchange(self, key: str, deadline: Deadline) -> bytes | None:
        waiting, self._waiting = self._waiting, OrderedDict()
        (body,) = self._lanes.within(
            deadline.left_ms(FALLBACK_RESERVE_MS),
            lambda: self._cache.exchange(put=waiting, get=[key], ttl_s=PLAN_S),
            late=CacheUnavailable,
        )
        return body

    def _read(self, body: bytes | None) -> Finding[Choice] | None:
        if body is None:
            return None
        try:
            return self._finding.model_validate_json(body)
        except ValidationError:
            return None

    def _keep(self, key: str, finding: Finding[Choice]) -> None:
        self._kept[key] = (self._tick() + PLAN_S, finding)
        self._kept.move_to_end(key)
        if len(self._kept) > PLANS_IN_PROCESS:
            self._kept.popitem(last=False)
