"""CPU time of a whole decision, by the tier that decides; stores and models cost nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Final

from cairn.decisions.finding import Middle, Source
from cairn.decisions.limits import PLAN_S
from infra.bench.cascade.instant import InstantModels
from infra.inprocess.house import House, Visit, asking_of
from infra.inprocess.published import flow_document, snapshot
from infra.model_server.provider import scripted
from infra.proof import Unmeasurable

WARM: Final = 30
NOWHERE: Final = scripted("http://127.0.0.1:9/v1")

VISIT: Final = Visit("u-42", {"country": "DE", "plan": "trial"}, {"goal": "explore"})
"""The example's rule `account_after_goal` decides it."""

TIERS: Final[Mapping[Source, Sequence[Middle]]] = {
    "cache": ("rules",),
    "rules": ("rules",),
    "choice": ("choice",),
    "llm": ("llm",),
    "fallback": ("rules",),
}
"""By source: what stands between cache and fallback so that it decides."""

RULES: Final[frozenset[Source]] = frozenset({"cache", "rules"})
"""Where the example's rules are kept."""


def measure(rounds: int) -> Iterator[Mapping[Source, float]]:
    """CPU milliseconds of one decision of each tier, round after round.

    Raises:
        Unmeasurable: another tier decided.
    """
    with ExitStack() as context:
        houses = {source: context.enter_context(_house(source)) for source in TIERS}
        for number in range(WARM + rounds):
            taken = {source: _cpu_ms(house, source) for source, house in houses.items()}
            if number >= WARM:
                yield taken


def _house(source: Source) -> House:
    flow = flow_document(TIERS[source], rules=source in RULES)
    published = snapshot(flow, NOWHERE)
    if source == "cache":
        house = House(published, InstantModels())
        house.decide(VISIT)
        return house
    # Plans are over as soon as they are kept, so that every decision is made anew.
    return House(published, InstantModels(), tick=map(float, count(0, 2 * PLAN_S)).__next__)


def _cpu_ms(house: House, source: Source) -> float:
    asking = asking_of(VISIT)
    started = time.process_time()
    made = house.decided(asking)
    taken = (time.process_time() - started) * 1000
    if made.decision.source != source:
        raise Unmeasurable(f"{made.decision.source} decided where {source} should have.")
    house.desk.forget()
    return taken
