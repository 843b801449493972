"""Which traces are kept, and how much of them: pure rules.

A share of all traces is decided by the trace id alone, by the rule of OpenTelemetry's consistent
probability sampling, so that whoever meets a trace decides the same, and what a small share keeps
a larger one keeps too.
"""

from typing import Final, Literal, NamedTuple

RANDOM_BITS: Final = 56
"""The last bits of a trace id are its random ones (W3C Trace Context level 2)."""

RANDOMS: Final = 1 << RANDOM_BITS

type Extent = Literal["nothing", "root", "everything"]


class Sampling(NamedTuple):
    """What is kept of traces.

    Attributes:
        slow_ms: a root that took this long is kept with everything.
        share: so much of all other traces is kept with everything, 0 to 1.
        roots: whether the root of every request is kept, where its workspace is known.
    """

    slow_ms: float
    share: float
    roots: bool = True

    def shared(self, trace_id: str) -> bool:
        """Whether a trace is within the share."""
        random = int(trace_id[-RANDOM_BITS // 4 :], 16)
        return random >= (1 - self.share) * RANDOMS


class Ended(NamedTuple):
    """What the rule looks at when an invocation is over.

    Attributes:
        sampled: whether the share, or the caller, wants everything; a trace id is the caller's
            choice, so both count only for one who was let in.
        failed: whether anything ended with an error; of a stranger's request, whether it failed
            as a whole and by a fault of ours.
        request: whether somebody asked over HTTP and was let in; nobody can fill the store with
            roots of refusals.
    """

    took_ms: float
    sampled: bool
    failed: bool
    request: bool


def extent(rule: Sampling, ended: Ended) -> Extent:
    """How much is kept."""
    if ended.sampled or ended.failed or ended.took_ms >= rule.slow_ms:
        return "everything"
    return "root" if rule.roots and ended.request else "nothing"
