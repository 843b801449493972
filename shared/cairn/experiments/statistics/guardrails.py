"""Guardrails: whether a loss larger than accepted is shown, or ruled out."""

from cairn.experiments.model import Direction
from cairn.experiments.results import Guardrail
from cairn.experiments.statistics.contrast import Pair, difference
from cairn.experiments.statistics.methods import Method, interval
from cairn.experiments.statistics.undefined import Undefined


def guarded(
    of: Pair | None, direction: Direction, margin: float, alpha: float, method: Method
) -> Guardrail:
    """The state of a guardrail: the variation against the least that is accepted of it.

    Non-inferiority is shown where even the worst end of the interval is better than the control's
    mean less the margin (two-sided 1 - α, so one-sided α/2), a breach where even the best end is
    worse. Nothing is divided: the control may have next to none of it, such as errors.

    Args:
        of: both means; None where the sums tell none.
        direction: which way is better.
        margin: the accepted loss, relative to the control.
        alpha: the chance that an interval misses the truth.
        method: of intervals.
    """
    if of is None:
        return Guardrail(margin=margin, state="open")
    falls = (direction == "up") == (of.control.mean >= 0)
    try:
        apart = difference(of, 1 - margin if falls else 1 + margin)
    except Undefined:
        return Guardrail(margin=margin, state="open")
    low, high = interval(apart, alpha, method)
    worst, best = (low, high) if direction == "up" else (-high, -low)
    if worst > 0:
        return Guardrail(margin=margin, state="holds")
    return Guardrail(margin=margin, state="breached" if best < 0 else "open")
