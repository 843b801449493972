"""The cache as a tier: findings of earlier decisions, in two layers.

Findings of rules are kept under exactly what the rules read, findings of models under what makes
two cases similar to a model. L1 is a bounded memory in the process, L2 the shared cache, if there
is one. One trip to the shared cache per decision at most: a fresh finding waits in the process
until the next trip takes it along. If the process ends before, that costs a miss, nothing else.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from pydantic import JsonValue, ValidationError
from pydantic_core import to_json

from cairn.decisions.finding import Degraded, Finding, Layer, Pass
from cairn.decisions.limits import FALLBACK_RESERVE_MS, PLAN_S, PLANS_IN_PROCESS, PLANS_WAITING
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.platform.cache import Cache
from cairn.platform.clock import Deadline, Ticker
from cairn.platform.errors import CacheUnavailable
from cairn.platform.lanes import Lanes

SCHEMA: Final = 3
"""Part of every key: findings of another form are never met."""

MISS: Final = "miss"


class PlanCache[Doc, Case: OfWorkspace, Choice]:
    """Findings of earlier decisions.

    Args:
        surface: what is decided.
        finding: the surface's kind of finding.
        cache: what all processes share; None where there is nothing of the kind.
        lanes: where its trips run.
        tick: by which findings get old.
    """

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        finding: type[Finding[Choice]],
        cache: Cache | None,
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

    def look(self, keys: Sequence[str], deadline: Deadline) -> Finding[Choice] | Pass:
        """The first finding under any of the keys: in the process, then in one trip."""
        for key in keys:
            if kept := self.at_hand(key):
                return kept
        if self._cache is None:
            return Pass(MISS)
        try:
            bodies = self._exchange(self._cache, keys, deadline)
        except CacheUnavailable as error:
            return Pass(error.code, degraded=Degraded(code=error.code, detail=error.detail))
        for key, body in zip(keys, bodies, strict=True):
            if (found := self._read(body)) is not None:
                self._keep(key, found)
                return _of_layer(found, "L2")
        return Pass(MISS)

    def at_hand(self, key: str) -> Finding[Choice] | None:
        """A finding that the process has, if it does."""
        kept = self._kept.get(key)
        if kept is None or self._tick() >= kept[0]:
            return None
        self._kept.move_to_end(key)
        return _of_layer(kept[1], "L1")

    def remember(self, key: str, finding: Finding[Choice]) -> None:
        """Keeps a fresh finding, and hands it to the next trip to the shared cache."""
        self._keep(key, finding)
        if self._cache is None:
            return
        self._waiting[key] = finding.model_dump_json().encode()
        if len(self._waiting) > PLANS_WAITING:
            self._waiting.popitem(last=False)

    def key(self, case: Case) -> str:
        """`{workspace}:plan:<digest of everything the rules read>`; no personal value in it."""
        return self.key_of(case, self._surface.inputs(case))

    def key_of(self, case: Case, inputs: Mapping[str, JsonValue]) -> str:
        """`{workspace}:plan:<digest of the inputs>`; the caller leaves personal values out."""
        body = to_json([SCHEMA, self._surface.name, inputs])
        return f"{case.workspace}:plan:{blake2b(body, digest_size=16).hexdigest()}"

    def _exchange(
        self, cache: Cache, keys: Sequence[str], deadline: Deadline
    ) -> list[bytes | None]:
        waiting, self._waiting = self._waiting, OrderedDict()
        return self._lanes.within(
            deadline.left_ms(FALLBACK_RESERVE_MS),
            lambda: cache.exchange(put=waiting, get=keys, ttl_s=PLAN_S),
            late=CacheUnavailable,
        )

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


def _of_layer[Choice](finding: Finding[Choice], layer: Layer) -> Finding[Choice]:
    return finding.model_copy(update={"layer": layer})
