"""A cache whose client is made beside the first reads."""

from threading import Event

import pytest

from cairn.platform.cache import Cache
from cairn.platform.errors import CacheUnavailable
from cairn.platform.lanes import Lanes
from cairn.platform.lazy_cache import LazyCache
from infra.inprocess.cache import MemoryCache


def test_the_first_exchange_waits_for_the_client() -> None:
    made = MemoryCache()
    late = LazyCache(lambda: made, Lanes(1))
    assert late.exchange(put={"k": b"v"}, get=["k"], ttl_s=1) == [b"v"]
    assert made.trips == 1


def test_making_the_client_holds_up_nobody() -> None:
    gate = Event()

    def make() -> Cache:
        gate.wait(10)
        return MemoryCache()

    lanes = Lanes(2)
    late = LazyCache(make, lanes)
    with pytest.raises(CacheUnavailable):
        lanes.within(10, lambda: late.exchange(put={}, get=["k"], ttl_s=1), late=CacheUnavailable)
    gate.set()
    assert late.exchange(put={}, get=["k"], ttl_s=1) == [None]
