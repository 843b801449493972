"""A batch of deliveries: each group in order, and nothing of a group after its first failure."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from pydantic import ValidationError

from cairn.events.model import Parcel
from cairn.metrics.fold import Unfoldable
from cairn.platform.dynamo.faults import ItemTooLarge

TOO_LARGE: Final = "rollup.too_large: A counter's item has no room for what the parcel adds."


class Delivery(NamedTuple):
    """One message as the queue hands it over.

    Attributes:
        message_id: the queue's own id of it.
        group: its message group.
        body: a parcel as JSON, if all is well.
    """

    message_id: str
    group: str
    body: str


class Failure(NamedTuple):
    """Why a group stopped."""

    delivery: Delivery
    error: Exception


class Outcome(NamedTuple):
    """What became of a batch.

    Attributes:
        counted: events that were counted.
        folded: parcels that are done.
        buried: parcels that can never be folded and went to the dead-letter queue.
        returned: ids of the messages that must come again, in order.
        failures: what stopped a group, once per stopped group.
    """

    counted: int
    folded: int
    buried: int
    returned: tuple[str, ...]
    failures: tuple[Failure, ...]


class Undertaker(Protocol):
    """Puts aside what can never be folded."""

    def bury(self, body: str, *, group: str, message_id: str, reason: str) -> None:
        """Sends a body to the dead-letter queue, or raises `QueueUnavailable`."""
        ...


def consume(
    deliveries: Sequence[Delivery], take: Callable[[Parcel, str], int], undertaker: Undertaker
) -> Outcome:
    """Takes in a batch of deliveries, in order.

    A delivery that is no parcel is buried with its reason, and so is one that cannot be counted, or
    that no table has room for. Any other failure stops its group: that delivery and every later one
    of the group are returned, and other groups go on.

    Args:
        deliveries: the batch, as the queue ordered it.
        take: archives and folds a parcel, given its body; gives how many events it counted.
        undertaker: takes what can never be folded.
    """
    counted = folded = buried = 0
    returned: list[str] = []
    failures: dict[str, Failure] = {}
    for delivery in deliveries:
        if delivery.group in failures:
            returned.append(delivery.message_id)
            continue
        try:
            parcel = _parcel(delivery, undertaker)
            count = _folded(parcel, delivery, take, undertaker) if parcel else None
        except Exception as error:  # noqa: BLE001  # a failure stops its group, not the others; it is returned and logged
            failures[delivery.group] = Failure(delivery, error)
            returned.append(delivery.message_id)
        else:
            folded += count is not None
            buried += count is None
            counted += count or 0
    return Outcome(counted, folded, buried, tuple(returned), tuple(failures.values()))


def _folded(
    parcel: Parcel,
    delivery: Delivery,
    take: Callable[[Parcel, str], int],
    undertaker: Undertaker,
) -> int | None:
    """How many events of a parcel were counted; None where it was buried."""
    try:
        return take(parcel, delivery.body)
    except ItemTooLarge:
        _bury(delivery, TOO_LARGE, undertaker)
    except Unfoldable as error:
        _bury(delivery, f"{error.code}: {error.detail}", undertaker)
    return None


def _parcel(delivery: Delivery, undertaker: Undertaker) -> Parcel | None:
    """The parcel in a delivery; None where there is none and the delivery was buried."""
    try:
        return Parcel.model_validate_json(delivery.body)
    except ValidationError as error:
        _bury(delivery, _reason(error), undertaker)
        return None


def _bury(delivery: Delivery, reason: str, undertaker: Undertaker) -> None:
    undertaker.bury(
        delivery.body, group=delivery.group, message_id=delivery.message_id, reason=reason
    )


def _reason(error: ValidationError) -> str:
    """What is wrong with a parcel, without repeating what is in it."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in faults[:3]]
    return f"parcel.unreadable: {'; '.join(told)}"
