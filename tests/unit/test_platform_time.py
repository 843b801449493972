"""Time and ids: instants, deadlines, ids that sort, ids that are secrets."""

import re
import uuid
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from cairn.platform.clock import Deadline, epoch_ms, from_epoch_ms, rfc3339, system_clock
from cairn.platform.ids import derived_id, secret_id, sortable_id
from tests.fakes.ticks import Ticks

NOW = datetime(2026, 11, 20, 10, 0, 0, 123_999, tzinfo=UTC)
INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  # Hypothesis adds the time zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  # the same
    timezones=st.just(UTC),
)


def test_rfc3339_is_utc_with_milliseconds() -> None:
    assert rfc3339(NOW) == "2026-11-20T10:00:00.123Z"
    east = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert rfc3339(east) == "2026-11-20T10:00:00.123Z"


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta()


@given(INSTANTS)
def test_milliseconds_lead_back_to_the_instant(at: datetime) -> None:
    assert abs(from_epoch_ms(epoch_ms(at)) - at) < timedelta(milliseconds=1)


def test_a_deadline_runs_out_and_never_below_zero() -> None:
    ticks = Ticks()
    deadline = Deadline.within(1_500, ticks)
    assert deadline.left_ms() == 1_500
    ticks.pass_s(1)
    assert deadline.left_ms() == 500
    assert deadline.left_ms(reserve_ms=200) == 300
    assert deadline.left_ms(reserve_ms=900) == 0
    ticks.pass_s(10)
    assert deadline.left_ms() == 0


def test_a_sortable_id_is_a_uuid_of_version_7() -> None:
    prefix, _, body = sortable_id("evt", NOW).partition("_")
    parsed = uuid.UUID(hex=body)
    assert (prefix, parsed.version, parsed.variant) == ("evt", 7, uuid.RFC_4122)
    assert parsed.int >> 80 == epoch_ms(NOW)


@given(INSTANTS, INSTANTS)
def test_sortable_ids_sort_by_time(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    if epoch_ms(earlier) < epoch_ms(later):
        assert sortable_id("evt", earlier) < sortable_id("evt", later)


def test_sortable_ids_of_one_instant_differ() -> None:
    assert len({sortable_id("evt", NOW) for _ in range(1_000)}) == 1_000


def test_a_derived_id_is_the_same_for_the_same_parts_and_sorts() -> None:
    assert derived_id("evt", NOW, "a", "b") == derived_id("evt", NOW, "a", "b")
    others = {derived_id("evt", NOW, *parts) for parts in (("a", "b"), ("ab",), ("b", "a"), ())}
    assert len(others) == 4
    assert derived_id("evt", NOW, "z") < derived_id("evt", NOW + timedelta(milliseconds=1), "a")


def test_a_secret_id_has_128_random_bits() -> None:
    assert re.fullmatch(r"ses_[0-9a-f]{32}", secret_id("ses"))
    assert secret_id("ses", lambda count: bytes(range(count))) == f"ses_{bytes(range(16)).hex()}"
