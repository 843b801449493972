"""How a function is observed: its logger, metrics and traces, as its settings want them."""

from datetime import timedelta

from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.sampling import Sampling
from cairn.platform.observability.store_sink import Keep, StoreSink
from cairn.platform.observability.tracing import TraceSink, Tracing
from cairn.platform.settings import Settings


def observed(
    service: str,
    settings: Settings,
    dynamo: Dynamo,
    clock: Clock = system_clock,
    *,
    unasked: bool = True,
) -> Telemetry:
    """What a function is observed with.

    Args:
        service: the function's name.
        settings: the function's.
        dynamo: the tables, where the spans of a workspace are kept.
        clock: the present.
        unasked: whether more is kept than what failed, was slow, or is wanted by its caller: a
            share of everything, and every request's root. A function that makes no store call
            for what it does must not make one to tell of it.
    """
    tracing = None
    if settings.traces == "on":
        share = settings.trace_share if unasked else 0.0
        rule = Sampling(settings.trace_slow_ms, share, roots=unasked)
        tracing = Tracing(service, rule, _sinks(settings, dynamo, clock))
    return Telemetry(service, settings.environment, settings.log_level, tracing=tracing)


def _sinks(settings: Settings, dynamo: Dynamo, clock: Clock) -> list[TraceSink]:
    sinks: list[TraceSink] = [StoreSink(lambda: _kept(settings, dynamo), clock)]
    if settings.trace_otlp_url:
        from cairn.platform.observability.otlp_sink import OtlpSink  # noqa: PLC0415  # seldom

        sinks.append(OtlpSink(settings.trace_otlp_url, settings.environment))
    if settings.trace_xray:
        from cairn.platform.observability.xray_sink import XRaySink  # noqa: PLC0415  # heavy

        sinks.append(XRaySink())
    return sinks


def _kept(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep
