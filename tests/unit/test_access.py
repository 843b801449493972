"""Who asks: how keys look, where they are found, what they open, how long they are remembered."""

import re

import pytest

from cairn.access.authenticate import (
    GRACE_S,
    KEPT_KEYS,
    KEPT_S,
    KEPT_UNKNOWN_S,
    RESERVE_MS,
    KeyRing,
)
from cairn.access.keys import digest_of, new_key, presented_key, workspace_of
from cairn.access.model import ROLES, WORKSPACE_PATTERN, KeyKind, Principal, Role, Scope
from cairn.platform.clock import Deadline
from cairn.platform.errors import Forbidden, StoreUnavailable, Unauthenticated
from tests.fakes.keys import MemoryKeys
from tests.fakes.ticks import Ticks


class Door:
    """A key ring over records in memory."""

    def __init__(self, environment: str = "local") -> None:
        self.keys = MemoryKeys()
        self.ticks = Ticks()
        self.ring = KeyRing(self.keys, environment, self.ticks)
        self.deadline = Deadline.within(10_000)

    def key(
        self,
        kind: KeyKind = "secret",
        *,
        environment: str = "local",
        origins: frozenset[str] = frozenset(),
    ) -> str:
        key, record = new_key(kind, workspace="demo", environment=environment, origins=origins)
        self.keys.put(record)
        return key

    def open(
        self, key: str, scope: Scope = Scope.DECIDE, *, origin: str | None = None
    ) -> Principal:
        headers = {"x-api-key": key} | ({"origin": origin} if origin else {})
        return self.ring.authenticate(headers, {}, scope, self.deadline)


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_key_names_its_kind_and_workspace_and_is_stored_as_its_digest() -> None:
    key, record = new_key("publishable", workspace="my-shop", environment="dev")
    assert re.fullmatch(r"pk_my-shop_[0-9a-f]{48}", key)
    assert (record.workspace, record.environment, record.kind) == ("my-shop", "dev", "publishable")
    assert record.digest == digest_of(key)
    assert key not in record.model_dump_json()
    assert workspace_of(key) == "my-shop"


def test_no_two_keys_are_alike() -> None:
    keys = {new_key("secret", workspace="demo", environment="local")[0] for _ in range(100)}
    assert len(keys) == 100


MALFORMED = [
    "",
    "sk_demo_",
    "sk_demo_" + "g" * 48,
    "sk_demo_" + "0" * 47,
    "sk__" + "0" * 48,
    "sk__system_" + "0" * 48,
    "sk_Demo_" + "0" * 48,
    "sk_-demo_" + "0" * 48,
    "sk_" + "a" * 33 + "_" + "0" * 48,
    "xk_demo_" + "0" * 48,
    "sk_demo_" + "0" * 48 + "\n",
]


@pytest.mark.parametrize("key", MALFORMED, ids=repr)
def test_a_malformed_key_names_no_workspace_and_costs_no_read(door: Door, key: str) -> None:
    assert workspace_of(key) is None
    with pytest.raises(Unauthenticated):
        door.open(key)
    assert door.keys.asked == 0


def test_our_own_partition_is_no_workspace() -> None:
    assert not re.fullmatch(WORKSPACE_PATTERN, "_system")


PLACES: dict[str, tuple[dict[str, str], dict[str, str], str | None]] = {
    "header": ({"x-api-key": "sk_a"}, {}, "sk_a"),
    "bearer": ({"authorization": "Bearer sk_a"}, {}, "sk_a"),
    "bearer in any case": ({"authorization": "bEaReR  sk_a "}, {}, "sk_a"),
    "the header wins": ({"x-api-key": "a", "authorization": "Bearer b"}, {"key": "pk_c"}, "a"),
    "another scheme": ({"authorization": "Basic sk_a"}, {}, None),
    "bearer of nothing": ({"authorization": "Bearer"}, {}, None),
    "publishable in the query": ({}, {"key": "pk_a"}, "pk_a"),
    "secret in the query": ({}, {"key": "sk_a"}, None),
    "nowhere": ({}, {}, None),
}


@pytest.mark.parametrize(("headers", "query", "expected"), PLACES.values(), ids=PLACES)
def test_where_a_key_is_found(
    headers: dict[str, str], query: dict[str, str], expected: str | None
) -> None:
    assert presented_key(headers, query) == expected


def test_a_good_key_becomes_its_principal(door: Door) -> None:
    key, record = new_key("secret", workspace="demo", environment="local", name="shop")
    door.keys.put(record)
    assert door.open(key) == Principal(
        workspace="demo",
        environment="local",
        kind="secret",
        scopes=ROLES["service"],
        key=record.id,
        name="shop",
    )


def test_a_key_is_named_by_what_opens_nothing(door: Door) -> None:
    key = door.key()
    named = door.open(key).key
    assert re.fullmatch(r"key_[0-9a-f]{16}", named)
    assert named.removeprefix("key_") not in key


MAY: dict[tuple[Role, Scope], bool] = {
    ("viewer", Scope.READ_FLAGS): True,
    ("viewer", Scope.WRITE_FLAGS): False,
    ("viewer", Scope.DECIDE): False,
    ("editor", Scope.READ_METRICS): True,
    ("editor", Scope.WRITE_FLAGS): True,
    ("editor", Scope.TRACK): False,
    ("service", Scope.DECIDE): True,
    ("service", Scope.READ_FLAGS): True,
    ("service", Scope.WRITE_FLAGS): False,
    ("admin", Scope.WRITE_FLAGS): True,
    ("admin", Scope.DECIDE): True,
}


@pytest.mark.parametrize(("role", "scope"), MAY)
def test_a_role_says_what_a_secret_key_may_do(role: Role, scope: Scope) -> None:
    _, record = new_key("secret", workspace="demo", environment="local", role=role)
    assert (record.role, scope in record.scopes) == (role, MAY[role, scope])


@pytest.mark.parametrize("role", ROLES)
def test_no_role_lets_a_publishable_key_manage(role: Role) -> None:
    _, record = new_key("publishable", workspace="demo", environment="local", role=role)
    assert record.role is None
    assert not record.scopes & {Scope.READ_FLAGS, Scope.WRITE_FLAGS}


def test_without_a_key_nobody_enters(door: Door) -> None:
    with pytest.raises(Unauthenticated) as raised:
        door.ring.authenticate({}, {}, Scope.DECIDE, door.deadline)
    assert raised.value.code == "access.key_missing"


def test_an_unknown_key_opens_nothing(door: Door) -> None:
    stranger, _ = new_key("secret", workspace="demo", environment="local")
    with pytest.raises(Unauthenticated) as raised:
        door.open(stranger)
    assert raised.value.code == "access.key_unknown"


def test_a_key_of_another_environment_opens_nothing(door: Door) -> None:
    with pytest.raises(Unauthenticated):
        door.open(door.key(environment="prod"))


def test_a_key_of_another_workspace_is_not_found_under_this_one(door: Door) -> None:
    key = door.key()
    with pytest.raises(Unauthenticated):
        door.open(key.replace("_demo_", "_other_"))


@pytest.mark.parametrize("scope", [Scope.READ_METRICS, Scope.BRING_SESSIONS, Scope.READ_DECISIONS])
def test_a_publishable_key_lacks_what_a_page_must_not_do(door: Door, scope: Scope) -> None:
    with pytest.raises(Forbidden) as raised:
        door.open(door.key("publishable"), scope)
    assert raised.value.code == "access.scope_missing"


def test_a_key_that_is_bound_to_an_origin_works_only_there(door: Door) -> None:
    key = door.key("publishable", origins=frozenset({"https://shop.example"}))
    assert door.open(key, origin="https://shop.example").kind == "publishable"
    for origin in ("https://evil.example", None):
        with pytest.raises(Forbidden) as raised:
            door.open(key, origin=origin)
        assert raised.value.code == "access.origin_refused"


def test_a_known_key_is_read_once_in_a_while(door: Door) -> None:
    key = door.key()
    for _ in range(3):
        door.open(key)
    door.ticks.pass_s(KEPT_S - 0.001)
    door.open(key)
    assert door.keys.asked == 1
    door.ticks.pass_s(0.001)
    door.open(key)
    assert door.keys.asked == 2


def test_a_revoked_key_works_no_longer_than_it_is_remembered(door: Door) -> None:
    key = door.key()
    door.open(key)
    door.keys.forget()
    door.open(key)
    door.ticks.pass_s(KEPT_S)
    with pytest.raises(Unauthenticated):
        door.open(key)


def test_a_key_that_was_tried_too_early_works_soon(door: Door) -> None:
    key, record = new_key("secret", workspace="demo", environment="local")
    with pytest.raises(Unauthenticated):
        door.open(key)
    door.keys.put(record)
    with pytest.raises(Unauthenticated):
        door.open(key)
    door.ticks.pass_s(KEPT_UNKNOWN_S)
    assert door.open(key).workspace == "demo"


def test_a_remembered_key_works_while_the_table_is_down(door: Door) -> None:
    key, other = door.key(), door.key()
    door.open(key)
    door.keys.down = True
    assert door.open(key).workspace == "demo"
    with pytest.raises(StoreUnavailable):
        door.open(other)


def test_a_bounded_number_of_keys_is_remembered_and_the_oldest_goes_first(door: Door) -> None:
    first, second = door.key(), door.key()
    door.open(first)
    door.open(second)
    door.open(first)
    for _ in range(KEPT_KEYS - 1):
        door.open(door.key())
    asked = door.keys.asked
    door.open(first)
    assert door.keys.asked == asked
    door.open(second)
    assert door.keys.asked == asked + 1


def test_a_key_that_was_good_outlives_an_outage_for_a_while(door: Door) -> None:
    key = door.key()
    principal = door.open(key)
    door.keys.down = True
    door.ticks.now_s += KEPT_S
    assert door.open(key) == principal
    asked = door.keys.asked
    assert door.open(key) == principal
    assert door.keys.asked == asked
    door.ticks.now_s += GRACE_S
    with pytest.raises(StoreUnavailable):
        door.open(key)


def test_a_table_that_hangs_is_waited_for_no_longer_than_the_deadline(door: Door) -> None:
    known, other = door.key(), door.key()
    principal = door.open(known)
    door.ticks.now_s += KEPT_S
    door.deadline = Deadline.within(RESERVE_MS + 1)
    with door.keys.hanging():
        assert door.open(known) == principal
        with pytest.raises(StoreUnavailable):
            door.open(other)


def test_a_revoked_key_is_not_good_in_an_outage(door: Door) -> None:
    key = door.key()
    door.open(key)
    door.keys.forget()
    door.ticks.now_s += KEPT_S
    with pytest.raises(Unauthenticated):
        door.open(key)
    door.keys.down = True
    door.ticks.now_s += KEPT_S
    with pytest.raises(StoreUnavailable):
        door.open(key)
