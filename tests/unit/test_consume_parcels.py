"""A batch of deliveries: what is put aside, what stops its group, what goes on."""

from dataclasses import dataclass, field

from cairn.events.model import Parcel
from cairn.metrics.consume import Delivery, consume
from cairn.platform.dynamo.faults import ItemTooLarge
from cairn.platform.errors import StoreUnavailable
from tests.parcels import happened, parcel_of


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


def test_what_may_pass_stops_its_group_and_no_other() -> None:
    def take(parcel: Parcel, body: str) -> int:  # noqa: ARG001  # as `Ingestion.take`
        raise StoreUnavailable("Not now.")

    outcome = consume([delivered(1), delivered(2), delivered(3, "g-0002")], take, Grave())
    assert (outcome.returned, len(outcome.failures)) == (("m-1", "m-2", "m-3"), 2)
