"""What one event amounts to: what it adds to counters, and what is remembered of it."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from cairn.metrics.funnel import FlowFold
from cairn.metrics.model import Counters, Resolution
from cairn.platform.clock import from_epoch_ms

MINUTE_MS: Final = 60_000


class Addition(NamedTuple):
    """What is added to a group, or to a name in it, in one minute.

    Attributes:
        minute: the key of the minute; its hour and day follow from it.
    """

    minute: str
    group: str
    name: str
    counters: Counters


class Contribution(NamedTuple):
    """What one event amounts to.

    Attributes:
        shown: dimensions that its session shows for the first time, with their values.
        converted: conversions that it is.
        kind: the kind of page that it is a view of; None where it is none.
        flows: how far its session is now, in the flow that the event belongs to.
        added: what it adds to the counters; first to the group `all`, in its own minute.
    """

    shown: Mapping[str, str] = MappingProxyType({})
    converted: tuple[str, ...] = ()
    kind: str | None = None
    flows: Mapping[str, FlowFold] = MappingProxyType({})
    added: tuple[Addition, ...] = ()


def minute_of(at_ms: int) -> str:
    """The key of the minute that holds an instant, milliseconds after the epoch."""
    return _minute(at_ms // MINUTE_MS)


@lru_cache(maxsize=4_096)
def _minute(number: int) -> str:
    return Resolution.MINUTE.key(from_epoch_ms(number * MINUTE_MS))
