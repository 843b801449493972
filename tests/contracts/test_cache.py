"""What every cache keeps to: the one in the process, and a real Valkey."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.platform.cache import Cache, NoCache
from cairn.platform.errors import CacheUnavailable
from cairn.platform.valkey import ValkeyCache
from infra.inprocess.cache import MemoryCache
from infra.local import ports, valkey
from infra.local.supervise import start


@pytest.fixture(params=["memory", pytest.param("valkey", marks=pytest.mark.local)])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    port = ports.free_port()
    with start("Valkey", valkey.command(port, tmp_path), log=tmp_path / "valkey.log") as child:
        while not valkey.is_ready(port):
            child.check()
        yield ValkeyCache(ports.url(port, "redis"))


def test_one_trip_writes_and_reads(cache: Cache) -> None:
    assert cache.exchange(put={"demo:a": b"1", "demo:b": b"2"}, get=["demo:b"], ttl_s=60) == [b"2"]
    assert cache.exchange(put={}, get=["demo:a", "demo:c"], ttl_s=60) == [b"1", None]


def test_nothing_to_do_is_nothing(cache: Cache) -> None:
    assert cache.exchange(put={}, get=[], ttl_s=60) == []


def test_bytes_come_back_as_they_went(cache: Cache) -> None:
    everything = bytes(range(256))
    assert cache.exchange(put={"demo:x": everything}, get=["demo:x"], ttl_s=60) == [everything]


def test_a_later_value_takes_the_place_of_an_earlier_one(cache: Cache) -> None:
    cache.exchange(put={"demo:x": b"1"}, get=[], ttl_s=60)
    assert cache.exchange(put={"demo:x": b"2"}, get=["demo:x"], ttl_s=60) == [b"2"]


def test_no_cache_always_misses() -> None:
    assert NoCache().exchange(put={"demo:a": b"1"}, get=["demo:a"], ttl_s=60) == [None]


def test_a_valkey_that_is_not_there_is_left_alone_for_a_while() -> None:
    time_s = [100.0]
    dead = ValkeyCache(ports.url(ports.free_port(), "redis"), lambda: time_s[0])
    for expected in ("does not answer", "not asked for a while", "not asked for a while"):
        with pytest.raises(CacheUnavailable, match=expected):
            dead.exchange(put={}, get=["demo:a"], ttl_s=60)
    time_s[0] += 60
    with pytest.raises(CacheUnavailable, match="does not answer"):
        dead.exchange(put={}, get=["demo:a"], ttl_s=60)
