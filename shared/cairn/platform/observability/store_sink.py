"""Traces to a store of our own, each under its workspace."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Final

from cairn.platform.clock import Clock
from cairn.platform.observability.span import Span
from cairn.platform.observability.tracing import WORKSPACE

SYSTEM: Final = "_system"
"""Where traces are kept that are no workspace's, such as those of batches; no key opens it."""

type Keep = Callable[[str, Sequence[Span], datetime], object]
"""Keeps the spans of a workspace, at an instant."""

type OpenStore = Callable[[], Keep]
"""Opens the store, when the first trace is to be kept: most starts need not import it."""


class StoreSink:
    """See `TraceSink`."""

    def __init__(self, open_store: OpenStore, clock: Clock) -> None:
        self._open = cache(open_store)
        self._clock = clock

    def write(self, spans: Sequence[Span], within_ms: float) -> None:  # noqa: ARG002  # the client's patience
        """Keeps the spans in one call."""
        workspace = str(spans[0].attributes.get(WORKSPACE, SYSTEM))
        self._open()(workspace, spans, self._clock())
