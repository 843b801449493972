"""A visitor who asks for decisions, also while Valkey is away.

The ledger itself needs no cache. Those who report to it do: a decision made without the cache says
`degraded`, and must be counted once like any other.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from cairn.platform.errors import CacheUnavailable
from infra.chaos.faults import Fault
from infra.chaos.scene import Scene
from infra.inprocess.account import Handler
from infra.inprocess.cache import MemoryCache
from infra.inprocess.callers import answered, http_event
from infra.inprocess.published import FLOW
from infra.proof import Unmeasurable

DECISIONS: Final = 60
AWAY: Final = "cache_unavailable"
MADE: Final = 200


class Valkey:
    """A cache that is away for a while."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._cache = MemoryCache()

    def exchange(
        self, *, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        """See `cairn.platform.cache.Cache`."""
        if self._scene.cache_is_away:
            raise CacheUnavailable("Valkey is away.")
        return self._cache.exchange(put=put, get=get, ttl_s=ttl_s)


class Visitor:
    """One visitor after the other, each in a session of its own."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._valkey = Valkey(scene)

    def play(self) -> None:
        """Asks for decisions, evenly over the sending, and notes what was answered."""
        for number in range(DECISIONS):
            self._scene.wait_for(self._scene.at(number / DECISIONS))
            self._ask(self._start(), number)
        self._scene.sending -= 1

    def _start(self) -> Handler:
        """A fresh process: it has no plan of its own, so it asks the cache."""
        shards, valkey = self._scene.groups, self._valkey
        return self._scene.account.start("decide_next_step", shards, plan_cache=valkey)

    def _ask(self, function: Handler, number: int) -> None:
        request: dict[str, object] = {
            "flow": FLOW,
            "session_id": f"ses_{number:032x}",
            "subject": {"id": f"u-{number}", "traits": {"plan": "trial"}},
        }
        event = http_event("POST /v1/decisions", request, key=self._scene.key)
        answer = answered(function(event))
        if answer.status != MADE:
            raise Unmeasurable(f"A decision was answered {answer.status}: {answer.body[:300]}")
        degraded = answer.json()["degraded"]
        away = degraded is not None and degraded["code"] == AWAY
        self._scene.count(Fault.CACHE_AWAY, int(away))
        self._tell("decisions", f"source.{answer.json()['source']}", *["degraded"] * bool(degraded))

    def _tell(self, *counters: str) -> None:
        told = self._scene.told
        for name in counters:
            told[name] = told.get(name, 0) + 1
