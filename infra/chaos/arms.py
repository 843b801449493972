"""What the arms of the experiment must say of the visits, person by person."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Final

from cairn.metrics.sketch import counter_of
from cairn.platform.clock import epoch_ms
from infra.chaos.visits import EXPERIMENT
from infra.replay.story import Event
from infra.replay.truth import Counts

MICRO: Final = 1_000_000
MOST_STEPS: Final = 2
"""The cap of the metric `steps`, as `shop.yaml` has it."""

type Served = tuple[int, str, str]
"""When, which variation, and on a weekend or not."""


@dataclass(slots=True)
class Person:
    """What one person saw and did; times in milliseconds after the epoch.

    Attributes:
        completed: when a step was completed, and how long it took.
        viewed: when steps were seen.
    """

    served: list[Served] = field(default_factory=list)
    bought: list[int] = field(default_factory=list)
    completed: list[tuple[int, int]] = field(default_factory=list)
    viewed: list[int] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Takes in what happened."""
        at_ms = epoch_ms(datetime.fromisoformat(str(event["at"])))
        told = event["attributes"]
        facts = told if isinstance(told, Mapping) else {}
        variation = facts.get(f"variation.{EXPERIMENT}", facts.get("variation"))
        if variation is not None:
            self.served.append((at_ms, str(variation), str(facts["weekend"])))
        match event["type"]:
            case "conversion.completed":
                self.bought.append(at_ms)
            case "step.completed":
                self.completed.append((at_ms, int(facts["duration_ms"])))
            case "step.viewed":
                self.viewed.append(at_ms)
            case _:
                pass

    def counters(self) -> Iterator[tuple[str, int]]:
        """What it adds to the arms."""
        variations = {variation for _, variation, _ in self.served}
        if len(variations) > 1:
            yield "crossed", 1
            yield from ((f"{each}|crossed", 1) for each in variations)
        elif variations:
            (variation,) = variations
            exposed_ms, _, weekend = min(self.served)
            yield f"{variation}|exposed", 1
            yield f"{variation}|exposed|weekend|{weekend}", 1
            for name, count in self._measured(exposed_ms):
                yield f"{variation}|{name}", count

    def _measured(self, exposed_ms: int) -> Iterator[tuple[str, int]]:
        bought = [each for each in self.bought if each >= exposed_ms]
        earlier = len(bought) < len(self.bought)
        yield from (("buyers|n", bool(bought)), ("buyers|pre_n", earlier))
        yield "buyers|both", bool(bought) and earlier
        if bought:
            took = (min(bought) - exposed_ms) * MICRO
            yield from (("to_buy|n", 1), ("to_buy|sum", took), ("to_buy|sq", took**2))
            yield f"to_buy|{counter_of(took / MICRO)}", 1
        ms = [took for at_ms, took in self.completed if at_ms >= exposed_ms]
        y = min(len(ms), MOST_STEPS) * MICRO
        x = min(len(self.completed) - len(ms), MOST_STEPS) * MICRO
        yield from (("steps|n", bool(ms)), ("steps|sum", y), ("steps|sq", y * y))
        yield from (("steps|pre_n", bool(x)), ("steps|pre", x), ("steps|pre_sq", x * x))
        yield "steps|both", x * y
        earlier_ms = [took for at_ms, took in self.completed if at_ms < exposed_ms]
        views = sum(each >= exposed_ms for each in self.viewed)
        y, d = sum(ms) * MICRO, views * MICRO
        x, e = sum(earlier_ms) * MICRO, (len(self.viewed) - views) * MICRO
        yield from (("pace|n", bool(ms)), ("pace|sum", y), ("pace|sq", y * y))
        yield from (("pace|den", d), ("pace|den_sq", d * d), ("pace|both", d * y))
        yield from (("pace|pre_n", bool(earlier_ms) or e > 0), ("pace|pre", x))
        yield from (("pace|pre_sq", x * x), ("pace|pre_den", e), ("pace|pre_den_sq", e * e))
        yield from (("pace|xy", x * y), ("pace|xd", x * d), ("pace|xe", x * e))
        yield from (("pace|ye", y * e), ("pace|de", d * e))


def arms(sent: Sequence[Event]) -> Counts:
    """The counters of the experiment, as `cairn.experiments.contribution` names them."""
    people: dict[str, Person] = {}
    visits = groupby(sent, key=lambda each: str(each["session_id"]))
    for session_id, visit in visits:
        told = list(visit)
        subject = next((str(each["subject"]) for each in told if "subject" in each), session_id)
        for event in told:
            people.setdefault(subject, Person()).take(event)
    total: Counter[str] = Counter()
    for person in people.values():
        for name, count in person.counters():
            total[name] += int(count)
    return {name: count for name, count in total.items() if count}
