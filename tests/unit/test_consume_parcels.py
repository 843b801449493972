"""A batch of deliveries: what is put aside, what stops its group, what goes on."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from cairn.events.model import Parcel
from cairn.metrics.consume import Delivery, consume
from cairn.metrics.declared import NOTHING_DECLARED
from cairn.metrics.fold import Folded
from cairn.metrics.ledger import ATTEMPTS, LONGEST_WAIT_S, Ingestion
from cairn.platform.dynamo.faults import ItemTooLarge
from cairn.platform.errors import Conflict, StoreUnavailable
from infra.catalog import FUNCTIONS
from tests.fakes.ledger import MemoryLedger, NoArchive
from tests.parcels import NOW, happened, parcel_of


@dataclass
class Grave:
    """Remembers the reasons of what was buried."""

    reasons: list[str] = field(default_factory=list)

    def bury(self, body: str, *, group: str, message_id: str, reason: str) -> None:  # noqa: ARG002  # the port
        self.reasons.append(reason)


def delivered(number: int, group: str = "g-0001") -> Delivery:
    body = parcel_of(happened(f"e-{number}"), number=number).to_json()
    return Delivery(f"m-{number}", group, body)


def test_a_parcel_that_no_item_has_room_for_is_buried_and_its_group_goes_on() -> None:
    grave, taken = Grave(), list[str]()

    def take(parcel: Parcel, body: str) -> int:  # noqa: ARG001  # as `Ingestion.take`
        taken.append(parcel.id)
        if len(taken) == 1:
            raise ItemTooLarge("An item would outgrow its table.")
        return 1

    outcome = consume([delivered(1), delivered(2)], take, grave)
    assert (outcome.buried, outcome.folded, outcome.counted, outcome.returned) == (1, 1, 1, ())
    assert [each.partition(":")[0] for each in grave.reasons] == ["rollup.too_large"]


def test_a_parcel_that_cannot_be_counted_is_buried_at_once_and_its_group_goes_on() -> None:
    grave = Grave()
    ledger = MemoryLedger()
    ingestion = Ingestion(ledger, NoArchive(), lambda _: NOTHING_DECLARED, lambda: NOW)
    far = happened("far", "llm.called", cost_usd=1e308)
    poison = Delivery("m-0", "g-0001", parcel_of(happened("near"), far).to_json())
    outcome = consume([poison, delivered(1)], ingestion.take, grave)
    assert (outcome.buried, outcome.folded, outcome.counted, outcome.returned) == (1, 1, 1, ())
    assert grave.reasons == ["parcel.unfoldable: event 1, llm.called: ValueError"]


@pytest.mark.parametrize("error", [ArithmeticError, KeyError, OverflowError, TypeError, ValueError])
def test_what_stores_raise_never_buries(error: type[Exception]) -> None:
    class Broken(MemoryLedger):
        def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:  # noqa: ARG002  # the port
            raise error

    grave = Grave()
    ingestion = Ingestion(Broken(), NoArchive(), lambda _: NOTHING_DECLARED, lambda: NOW)
    outcome = consume([delivered(1), delivered(2)], ingestion.take, grave)
    assert (outcome.returned, grave.reasons) == (("m-1", "m-2"), [])


def test_rivals_are_given_way_longer_each_time_before_a_group_stops() -> None:
    class Met(MemoryLedger):
        def __init__(self, times: int) -> None:
            super().__init__()
            self.left = times

        def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
            if self.left:
                self.left -= 1
                raise Conflict("Somebody else was there.")
            super().commit(parcel, start, folded, now)

    def consumed(times: int) -> tuple[int, list[float]]:
        waits = list[float]()
        ingestion = Ingestion(
            Met(times), NoArchive(), lambda _: NOTHING_DECLARED, lambda: NOW, waits.append
        )
        return consume([delivered(1)], ingestion.take, Grave()).counted, waits

    counted, waits = consumed(ATTEMPTS - 1)
    assert counted == 1
    assert waits == sorted(waits)
    assert (len(waits), max(waits)) == (ATTEMPTS - 1, LONGEST_WAIT_S)
    assert consumed(ATTEMPTS) == (0, waits)
    aggregate = next(each for each in FUNCTIONS if each.name == "aggregate-metrics")
    assert aggregate.consumes is not None
    assert sum(waits) * aggregate.consumes.batch < aggregate.timeout_s


def test_what_may_pass_stops_its_group_and_no_other() -> None:
    def take(parcel: Parcel, body: str) -> int:  # noqa: ARG001  # as `Ingestion.take`
        raise StoreUnavailable("Not now.")

    outcome = consume([delivered(1), delivered(2), delivered(3, "g-0002")], take, Grave())
    assert (outcome.returned, len(outcome.failures)) == (("m-1", "m-2", "m-3"), 2)
