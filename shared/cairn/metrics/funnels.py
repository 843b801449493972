"""How far sessions get in a flow: reached, completed, dropped, and how long each step takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cairn.metrics.breakdown import Segment, groups_in, parts
from cairn.metrics.measures import UNTIMED
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import mean_ms, ratio
from cairn.metrics.series import GLUE, flow, under


@dataclass(frozen=True, slots=True)
class Step:
    """How sessions fared at one step.

    Attributes:
        reached: sessions that were shown it, or sent it.
        completed: sessions that sent it.
        dropped: reached and not completed: gone, or still there.
        back: how often somebody went back from it.
        avg_ms: the mean time on it, of those who were shown it and completed it.
        reached_rate: of all sessions that started the flow, 0 to 1.
        completion_rate: completed of reached, 0 to 1.
    """

    step: str
    reached: int
    completed: int
    dropped: int
    back: int
    avg_ms: float | None
    reached_rate: float | None
    completion_rate: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How sessions fared in one flow.

    Attributes:
        segment: the value of the dimension that the answer is split by; null where it is not.
        started: sessions that were shown its first step.
        completed: sessions that came to its end.
        dropped: started and not completed: gone, or still there.
        steps: in the order of the flow; steps that it no longer has come last, as does `other`.
    """

    segment: str | None
    flow: str
    started: int
    completed: int
    dropped: int
    completion_rate: float | None
    avg_completion_ms: float | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Funnels:
    """Funnels over a window, by flow."""

    flows: tuple[Funnel, ...]


def wanted(flows: Sequence[str], by: Segment | None) -> Wanted:
    """What it is made of."""
    return Wanted(tuple(group for each in flows for group in groups_in(flow(each), by)))


def funnels(
    found: Found,
    flows: Mapping[str, Sequence[str]],
    by: Segment | None,
    only: str | None = None,
) -> Funnels:
    """The funnel of each flow.

    Args:
        found: what was read.
        flows: the steps of each flow, in order.
        by: what it is split by.
        only: the only step that is wanted.
    """
    return Funnels(tuple(_funnels(found, flows, by, only)))


def _funnels(
    found: Found, flows: Mapping[str, Sequence[str]], by: Segment | None, only: str | None
) -> Iterator[Funnel]:
    for name, steps in flows.items():
        for segment, its in parts(found, flow(name), by).items():
            known = [each for each in _known(its, steps) if only in {None, each}]
            yield _funnel(segment, name, its, known)


def _funnel(segment: str | None, name: str, its: Counters, steps: Sequence[str]) -> Funnel:
    started, completed = its.get("started", 0), its.get("completed", 0)
    return Funnel(
        segment=segment,
        flow=name,
        started=started,
        completed=completed,
        dropped=max(0, started - completed),
        completion_rate=ratio(completed, started),
        avg_completion_ms=mean_ms(its.get("us_to_completion", 0), completed),
        steps=tuple(_step(each, its, started) for each in steps),
    )


def _known(its: Counters, steps: Sequence[str]) -> list[str]:
    """The steps of the flow in order, and after them those that only the counts know."""
    counted = {name.partition(GLUE)[2] for name in its if GLUE in name}
    return [*steps, *sorted(counted.difference(steps))]


def _step(step: str, its: Counters, started: int) -> Step:
    completed = its.get(under("completed", step), 0)
    reached = its.get(under("reached", step), 0)
    timed = completed - its.get(under(UNTIMED, step), 0)
    return Step(
        step=step,
        reached=reached,
        completed=completed,
        dropped=max(0, reached - completed),
        back=its.get(under("back", step), 0),
        avg_ms=mean_ms(its.get(under("us_on", step), 0), timed),
        reached_rate=ratio(reached, started),
        completion_rate=ratio(completed, reached),
    )
