"""Replaying real sessions: rows become events, batches arrive, totals are compared."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cairn.events.admission import Arrival, Sender, admit
from cairn.events.formats import read_batch
from infra.proof import Unmeasurable
from infra.replay.api import Api, Posted, counts_of
from infra.replay.compare import compared
from infra.replay.drain import Drain
from infra.replay.run import Replay
from infra.replay.send import BATCH, Patience, batches, deliver, send
from infra.replay.shoppers import Shopper, read, shopper
from infra.replay.story import Event, events, session_events
from infra.replay.truth import truth

ENDS = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HEADER = (
    "Administrative;Administrative_Duration;Informational;Informational_Duration;"
    "ProductRelated;ProductRelated_Duration;BounceRates;ExitRates;PageValues;SpecialDay;Month;"
    "OperatingSystems;Browser;Region;TrafficType;VisitorType;Weekend;Revenue"
)
BUYER = "2;90.5;0;0;3;30;0;0.2;0;0;Nov;1;1;1;1;Returning_Visitor;TRUE;TRUE"
LEAVER = "0;0;0;0;1;0;0.2;0.2;0;0;Feb;1;1;1;1;New_Visitor;FALSE;FALSE"


def row(line: str, number: int = 0) -> Shopper:
    return shopper(number, dict(zip(HEADER.split(";"), line.split(";"), strict=True)))


def written(folder: Path, *lines: str) -> Path:
    file = folder / "shoppers.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    return file


def test_a_row_becomes_its_page_views_by_kind_and_then_its_purchase() -> None:
    story = list(session_events("r", row(BUYER), ENDS))
    assert [(each["type"], each["attributes"].get("kind")) for each in story] == [  # type: ignore[attr-defined]  # plain JSON
        ("page.viewed", "Administrative"),
        ("page.viewed", "Administrative"),
        ("page.viewed", "ProductRelated"),
        ("page.viewed", "ProductRelated"),
        ("page.viewed", "ProductRelated"),
        ("conversion.completed", None),
    ]


def test_a_session_without_a_purchase_ends() -> None:
    assert [each["type"] for each in session_events("r", row(LEAVER), ENDS)] == [
        "page.viewed",
        "session.ended",
    ]


def test_a_kinds_time_is_split_over_its_pages_and_moves_the_clock() -> None:
    story = list(session_events("r", row(BUYER), ENDS))
    durations = [each["attributes"].get("duration_ms") for each in story]  # type: ignore[attr-defined]  # plain JSON
    assert durations == [45_250, 45_250, 10_000, 10_000, 10_000, None]
    assert story[-1]["at"] == "2026-11-20T10:02:00.500+00:00"


def test_every_event_shows_month_weekend_and_visitor_type() -> None:
    for each in session_events("r", row(BUYER), ENDS):
        attributes = each["attributes"]
        assert isinstance(attributes, dict)
        assert {"month": "Nov", "weekend": "true", "visitor_type": "Returning_Visitor"}.items() <= (
            attributes.items()
        )


def test_events_are_what_the_product_takes() -> None:
    sent = list(events("r", [row(BUYER), row(LEAVER, 1)], ENDS))
    batch = read_batch({"content-type": "application/json"}, json.dumps({"events": sent}).encode())
    admitted = admit(
        batch.events, Sender("demo", brings_sessions=True, trusted=True), Arrival(ENDS, "0" * 32)
    )
    assert (len(admitted.events), admitted.rejected) == (len(sent), ())


def test_the_clock_spans_24_hours_and_ends_at_its_end() -> None:
    shoppers = [row(LEAVER, 0), row(BUYER, 1), row(BUYER, 2)]
    instants = [datetime.fromisoformat(str(each["at"])) for each in events("r", shoppers, ENDS)]
    assert (min(instants), max(instants)) == (ENDS - timedelta(hours=24), ENDS)


def test_the_same_run_and_row_give_the_same_ids_and_another_run_gives_others() -> None:
    def ids(run: str) -> list[tuple[object, object]]:
        return [(each["session_id"], each["id"]) for each in session_events(run, row(BUYER), ENDS)]

    assert ids("a") == ids("a")
    assert not set(ids("a")) & set(ids("b"))
    assert len(set(ids("a"))) == 6
    assert len({session for session, _ in ids("a")}) == 1


def test_the_truth_is_counted_from_the_rows_alone() -> None:
    assert truth([row(BUYER), row(BUYER), row(LEAVER)]) == {
        "sessions": 3,
        "page views": 11,
        "purchases": 2,
        "purchases, month Nov": 2,
        "purchases, weekend true": 2,
        "purchases, visitor_type Returning_Visitor": 2,
        "purchases, month Feb": 0,
        "purchases, weekend false": 0,
        "purchases, visitor_type New_Visitor": 0,
    }


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = written(tmp_path, BUYER, LEAVER, LEAVER)
    assert [each.row for each in read(file, limit=2)] == [0, 1]
    assert len(read(file)) == 3


def test_another_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a;b\n1;2\n")
    with pytest.raises(Unmeasurable, match="not the Online Shoppers file"):
        read(file)
    with pytest.raises(Unmeasurable, match="can't be read"):
        read(tmp_path / "missing.csv")


@pytest.mark.parametrize("text", ["", "a,b\n"])
def test_a_file_without_sessions_proves_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "empty.csv"
    file.write_text(text)
    with pytest.raises(Unmeasurable, match="has no sessions"):
        read(file)


def test_columns_may_be_parted_by_commas(tmp_path: Path) -> None:
    file = written(tmp_path, BUYER, LEAVER)
    parted = tmp_path / "commas.csv"
    parted.write_text(file.read_text().replace(";", ","))
    assert read(parted) == read(file)


def numbered(count: int) -> Iterator[Event]:
    return ({"id": str(number)} for number in range(count))


def test_without_duplicates_every_event_is_sent_once_in_order() -> None:
    sent = [each["id"] for batch in batches(numbered(1_234), 0) for each in batch]
    assert sent == [str(number) for number in range(1_234)]


def test_a_share_of_the_batches_is_sent_twice() -> None:
    sent = Counter(each["id"] for batch in batches(numbered(20 * BATCH), 0.1) for each in batch)
    assert Counter(sent.values()) == {1: 18 * BATCH, 2: 2 * BATCH}


def test_repeated_batches_come_at_once_and_late_in_other_company() -> None:
    stream = list(batches(numbered(20 * BATCH), 0.1))
    assert stream[9] == stream[10]
    assert len(stream[-1]) == len(stream[-2]) == BATCH // 2


def no_wait(_seconds: float) -> None:
    pass


PATIENT = Patience(no_wait, lambda: 1.0)


def test_what_the_queue_did_not_take_is_sent_again_and_nothing_else() -> None:
    posts: list[Sequence[Event]] = []

    def post(batch: Sequence[Event]) -> Posted:
        posts.append(batch)
        return Posted(2, batch[1:2]) if len(posts) == 1 else Posted(1)

    batch = list(numbered(3))
    assert deliver(post, batch, PATIENT) == 3
    assert posts == [batch, [batch[1]]]


def test_waits_grow_and_are_never_shorter_than_the_server_asks() -> None:
    waits: list[float] = []
    answers = iter([Posted(0, [{}]), Posted(0, [{}], after_s=3.0), Posted(0, [{}]), Posted(1)])
    deliver(lambda _: next(answers), [{}], Patience(waits.append, lambda: 1.0))
    assert waits == [0.25, 3.0, 1.0]


def test_a_batch_that_finds_no_way_in_ends_the_replay() -> None:
    with pytest.raises(Unmeasurable, match="1 events were not taken"):
        list(send(lambda batch: Posted(0, batch), [({},)], PATIENT))


def test_every_batch_is_sent_and_told() -> None:
    stream = batches(numbered(7_001), 0)
    assert sum(send(lambda batch: Posted(len(batch)), stream, PATIENT)) == 7_001


class Time:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def tick(self) -> float:
        return self.now_s


def drain(depths: Iterator[int], stall_s: float = 10.0) -> Drain:
    time = Time()
    return Drain(lambda: next(depths), stall_s, time.sleep, time.tick)


def test_a_queue_is_drained_when_it_stays_empty() -> None:
    assert list(drain(iter([3, 0, 2, 0, 0, 0, 0])).watch()) == [3, 0, 2, 0, 0, 0, 0]


def test_a_queue_that_stands_still_is_given_up() -> None:
    def stuck() -> Iterator[int]:
        while True:
            yield 5

    with pytest.raises(Unmeasurable, match="5 parcels left"):
        list(drain(stuck()).watch())


def test_counts_are_compared_with_what_they_were_before() -> None:
    rows = compared(
        {"sessions": 2, "purchases": 1}, {"sessions": 5}, {"sessions": 7, "purchases": 2}
    )
    assert [(each.name, each.value, each.ok) for each in rows] == [
        ("sessions", 2, True),
        ("purchases", 2, False),
    ]


def test_purchases_under_a_value_that_the_file_lacks_are_a_difference() -> None:
    before = {"purchases, plan trial": 3}
    rows = compared({"purchases": 1}, before, {**before, "purchases": 1, "purchases, month Jan": 1})
    assert [(each.name, each.ok) for each in rows] == [
        ("purchases", True),
        ("purchases, month Jan", False),
    ]


DIMENSIONS = ("month", "weekend", "visitor_type")


def broken_down(dimension: str, bought: Sequence[Event]) -> dict[str, object]:
    values = Counter(each["attributes"][dimension] for each in bought)  # type: ignore[index]  # JSON
    return {value: {"conversions": {"purchase": count}} for value, count in values.items()}


class Product:
    """Cairn as far as a replay sees it: counts each event once, answers as the contract says."""

    def __init__(self, *, loses: str = "") -> None:
        self.seen: dict[str, Event] = {}
        self.busy = True
        self.loses = loses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.headers["x-api-key"] != "sk_demo":
            return httpx.Response(401)
        answer = {
            "/v1/events": self.track,
            "/health": self.health,
            "/v1/metrics/dashboard": self.dashboard,
        }[request.url.path]
        return answer(request)

    def track(self, request: httpx.Request) -> httpx.Response:
        if self.busy:
            self.busy = False
            return httpx.Response(503, headers={"retry-after": "0"})
        batch = json.loads(request.content)["events"]
        self.seen |= {each["id"]: each for each in batch if each["type"] != self.loses}
        return httpx.Response(
            202, json={"accepted": len(batch), "repeated": 0, "rejected": [], "retryable": []}
        )

    def health(self, _request: httpx.Request) -> httpx.Response:
        queue = {"status": "ok", "waiting": 0, "in_flight": 0}
        return httpx.Response(200, json={"status": "ok", "dependencies": {"events_queue": queue}})

    def dashboard(self, _request: httpx.Request) -> httpx.Response:
        kinds = Counter(str(each["type"]) for each in self.seen.values())
        bought = [each for each in self.seen.values() if each["type"] == "conversion.completed"]
        data = {
            "totals": {
                "sessions": len({each["session_id"] for each in self.seen.values()}),
                "page_views": kinds["page.viewed"],
                "conversions": {"purchase": len(bought)},
            },
            "dimensions": {name: broken_down(name, bought) for name in DIMENSIONS},
        }
        return httpx.Response(200, json={"data": data})


class Quiet:
    """Nobody who watches."""

    def sent(self, events: int) -> None: ...

    def left(self, parcels: int) -> None: ...


def replayed(product: Product, duplicate: float = 0.0) -> dict[str, bool]:
    shoppers = [row(BUYER, number) for number in range(300)]
    plan = Replay(
        run="r", shoppers=shoppers, ends=ENDS, duplicate=duplicate, stall_s=1, sleep=no_wait
    )
    with Api("http://cairn", "sk_demo", httpx.MockTransport(product)) as api:
        report = plan.carry_out(api, Quiet())
    return {each.name: each.ok for each in report.targets}


def test_a_replay_through_a_product_that_counts_right_ends_with_every_row_equal() -> None:
    rows = replayed(Product(), duplicate=0.5)
    assert len(rows) == 6
    assert all(rows.values())


def test_a_replay_tells_what_a_product_loses() -> None:
    assert not replayed(Product(loses="conversion.completed"))["purchases"]


def test_a_wrong_key_cannot_be_measured() -> None:
    with (
        Api("http://cairn", "sk_other", httpx.MockTransport(Product())) as api,
        pytest.raises(Unmeasurable, match="answered 401"),
    ):
        api.counts()


def test_counts_are_read_from_a_dashboards_data() -> None:
    data = {
        "totals": {"sessions": 3, "page_views": 9, "conversions": {}},
        "dimensions": {
            "month": {"Nov": {"conversions": {"purchase": 2}}, "Feb": {"conversions": {}}}
        },
    }
    assert counts_of(data) == {
        "sessions": 3,
        "page views": 9,
        "purchases": 0,
        "purchases, month Nov": 2,
        "purchases, month Feb": 0,
    }
