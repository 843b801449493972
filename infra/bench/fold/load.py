"""What is folded: visits of made-up shoppers, sent so many events at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, islice
from typing import Final

from cairn.events.model import Event, Parcel
from cairn.events.pack import pack
from cairn.metrics.declared import Declared, declared, published_flow
from cairn.metrics.model import Conversion, Dimension, TelemetryDocument
from infra.chaos.stand_in import shoppers
from infra.chaos.visits import FLOW, MODEL, events
from infra.inprocess.callers import WORKSPACE

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED: Final = 1
VALUES: Final = 5
"""Values of each made-up dimension."""

STEPS: Final = ("entrance", "administrative", "informational", "productrelated")


@dataclass(frozen=True, slots=True)
class Series:
    """How much is counted apart.

    Attributes:
        dimensions: declared dimensions; every session shows a value of each.
        segments: how many of them operations, models and flows are counted by as well.
    """

    dimensions: int
    segments: int = 0

    @property
    def declared(self) -> Declared:
        """What the fold is told of it."""
        document = TelemetryDocument(
            dimensions=tuple(
                Dimension(
                    name=f"dimension_{number}",
                    values=tuple(f"value-{each}" for each in range(VALUES)),
                    segments=number < self.segments,
                )
                for number in range(self.dimensions)
            ),
            conversions=(Conversion(name="purchase"),),
        )
        compiled = declared(document)
        return Declared(
            dimensions=compiled.dimensions,
            segments=compiled.segments,
            conversions=compiled.conversions,
            flows={FLOW: published_flow(STEPS)},
            models=frozenset({"/".join(MODEL)}),
        )


def sent(count: int, series: Series) -> list[Event]:
    """About `count` events of visits, in the order of sending."""
    some = list(islice(shoppers(SEED), count // 20))
    told = events("bench", some, NOW)
    return [_event(each, series) for each in islice(told, count)]


def parcels(events: Sequence[Event], at_a_time: int, shards: int) -> Iterator[Parcel]:
    """The parcels of requests with so many events each."""
    for batch in batched(events, at_a_time, strict=False):
        yield from pack(WORKSPACE, batch, shards=shards, now=NOW)


def _event(raw: dict[str, object], series: Series) -> Event:
    event = Event.model_validate(raw)
    whose = sum(event.owner.id.encode())
    shown = {
        f"dimension_{number}": f"value-{(whose + number) % VALUES}"
        for number in range(series.dimensions)
    }
    return event.model_copy(update={"attributes": {**event.attributes, **shown}})
