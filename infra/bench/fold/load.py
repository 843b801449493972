"""What is folded: visits of made-up shoppers, sent so many events at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, islice
from typing import Final

import yaml

from cairn.configuration.model import Kind
from cairn.events.model import Event, Parcel
from cairn.events.pack import pack
from cairn.experiments.gathering import Followed
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.published import following
from cairn.flags.documents import FlagDocument
from cairn.metrics.declared import Declared, declared, published_flow
from cairn.metrics.documents import Conversion, Dimension, TelemetryDocument
from cairn.metrics.following import NOTHING_FOLLOWED, Following
from infra.chaos.ledger import SHOP
from infra.chaos.stand_in import shoppers
from infra.chaos.visits import FLOW, MODEL, events
from infra.configuration.kinds import model_of
from infra.inprocess.callers import WORKSPACE
from infra.replay import story

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
        experiment: whether every visit is in an experiment of the chaos proof, with four metrics.
    """

    dimensions: int
    segments: int = 0
    experiment: bool = False

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
            following=shop() if self.experiment else NOTHING_FOLLOWED,
        )


def sent(count: int, series: Series) -> list[Event]:
    """About `count` events of visits, in the order of sending."""
    some = list(islice(shoppers(SEED), count // 20))
    told = events("bench", some, NOW)
    kept = told if series.experiment else _without_experiment(told)
    return [_event(each, series) for each in islice(kept, count)]


def _without_experiment(told: Iterable[story.Event]) -> Iterator[story.Event]:
    """Visits of a workspace that has no experiment, and knows no subject."""
    for each in told:
        if each["type"] != "experiment.exposed":
            yield {name: value for name, value in each.items() if name != "subject"}


def shop() -> Following:
    """The experiment of the chaos proof."""
    written = list(yaml.safe_load_all(SHOP.read_text()))
    documents = [model_of(Kind(each["kind"])).model_validate(each) for each in written]
    found = following(
        [each for each in documents if isinstance(each, ExperimentDocument)],
        {each.id: each for each in documents if isinstance(each, MetricDocument)},
        {each.id: each for each in documents if isinstance(each, FlagDocument)},
    )
    return Followed(found)


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
