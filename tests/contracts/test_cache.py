"""The cache as a port: a real Valkey and the fake keep its promises; a dead one is cheap."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cairn.platform.cache import Cache, NoCache
from cairn.platform.errors import CacheUnavailable
from cairn.platform.valkey import COOLDOWN_S, ValkeyCache
from infra.local import supervise, valkey
from infra.local.ports import free_port, url
from tests.fakes.cache import MemoryCache
from tests.fakes.ticks import Ticks

READY_S = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Valkey."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    port = free_port()
    with supervise.start("Valkey", valkey.command(port, folder), log=folder / "log") as child:
        ends = time.monotonic() + READY_S
        while not valkey.is_ready(port):
            child.check()
            assert time.monotonic() < ends, "Valkey is not ready in time"
        yield url(port, "redis")


@pytest.fixture(params=["memory", "valkey"])
def cache(request: pytest.FixtureRequest) -> Cache:
    if request.param == "memory":
        return MemoryCache()
    return ValkeyCache(request.getfixturevalue("server"))


def test_what_is_put_is_found_and_the_rest_is_not(cache: Cache) -> None:
    cache.exchange(put={"{demo}a": b"\x00\xff", "{demo}b": b""}, get=[], ttl_s=60)
    found = cache.exchange(put={}, get=["{demo}b", "{demo}missing", "{demo}a"], ttl_s=60)
    assert found == [b"", None, b"\x00\xff"]


def test_one_trip_writes_and_reads(cache: Cache) -> None:
    assert cache.exchange(put={"{demo}c": b"1"}, get=["{demo}c"], ttl_s=60) == [b"1"]
    assert cache.exchange(put={"{demo}c": b"2"}, get=["{demo}c"], ttl_s=60) == [b"2"]


def test_nothing_asked_is_nothing_answered(cache: Cache) -> None:
    assert cache.exchange(put={}, get=[], ttl_s=60) == []


def test_an_environment_without_a_cache_misses() -> None:
    cache = NoCache()
    assert cache.exchange(put={"a": b"1"}, get=["a", "b"], ttl_s=60) == [None, None]


def test_a_dead_cache_is_left_alone_for_a_while_and_then_tried_again(server: str) -> None:
    ticks = Ticks()
    cache = ValkeyCache(url(free_port(), "redis"), ticks)
    with pytest.raises(CacheUnavailable, match="does not answer"):
        cache.exchange(put={}, get=["a"], ttl_s=60)
    ticks.pass_s(COOLDOWN_S - 0.001)
    with pytest.raises(CacheUnavailable, match="left alone"):
        cache.exchange(put={}, get=["a"], ttl_s=60)
    ticks.pass_s(0.001)
    with pytest.raises(CacheUnavailable, match="does not answer"):
        cache.exchange(put={}, get=["a"], ttl_s=60)
    assert ValkeyCache(server, ticks).exchange(put={}, get=["a"], ttl_s=60) == [None]


def test_a_late_answer_is_never_taken_for_the_next_ones(server: str) -> None:
    ticks = Ticks()
    cache = ValkeyCache(server, ticks)
    cache.exchange(put={"first": b"stale", "second": b"right"}, get=[], ttl_s=60)

    port = urlsplit(server).port or 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"CLIENT PAUSE 400\r\n")
        assert connection.recv(16) == b"+OK\r\n"
    with pytest.raises(CacheUnavailable):
        cache.exchange(put={}, get=["first"], ttl_s=60)

    assert valkey.is_ready(port)  # answers when the pause is over
    ticks.pass_s(COOLDOWN_S)
    assert cache.exchange(put={}, get=["second"], ttl_s=60) == [b"right"]
