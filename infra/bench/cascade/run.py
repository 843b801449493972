"""Measures all of `cairn bench cascade`, one thing after the other."""

from collections.abc import Callable

from infra.bench.cascade import contexts, overhead, tiers
from infra.bench.cascade.report import report
from infra.local.failure import LocalError
from infra.model_server.child import served
from infra.proof import Report, Unmeasurable


def measured(rounds: int, say: Callable[[str], None]) -> Report:
    """Everything, measured.

    Args:
        rounds: decisions by each tier, and pairs of model calls.
        say: is told each part.

    Raises:
        Unmeasurable: a part does not run.
    """
    try:
        say("decisions by tier")
        by_tier = [*tiers.measure(rounds)]
        say("model calls beside the bare SDK")
        with served() as address:
            pairs = [*overhead.measure(rounds, address)]
        say("a thousand contexts, twice")
        with served(latency_ms=contexts.LATENCY_MS) as address:
            passes = contexts.measure(address)
    except LocalError as error:
        raise Unmeasurable(str(error)) from error
    return report(by_tier, pairs, passes)
