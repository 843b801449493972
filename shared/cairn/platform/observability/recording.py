"""Spans of one invocation, recorded in memory: `with span("DynamoDB.GetItem", "client"): …`.

A recorder is found through the context, so that nothing has to hand it on; lanes take the context
along. Without a recorder `span` gives one and the same object, which does nothing. With one, a
span is a few attributes and two readings of a clock: ids are made, and everything is put into its
final form, only for traces that are kept.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from itertools import count
from types import TracebackType
from typing import ClassVar, Final, Self

from cairn.platform.errors import SERVER_FAULT, CairnError
from cairn.platform.observability.correlation import Trace
from cairn.platform.observability.span import Span, SpanEvent, SpanKind, SpanStatus, SpanValue

SPANS: Final = 2_000
"""Spans that are recorded of one invocation; further ones are only counted."""

IDS: Final = 2**64 - 1
"""How many span ids there are; zero is none."""


LEFT_BEHIND: Final = "cairn.left_behind"
"""Marks a span that had not ended when its invocation did, such as a call that hangs."""

type Nanoseconds = Callable[[], int]
"""Gives nanoseconds; of an epoch, or of a clock of which only differences mean something."""


class Recorder:
    """The spans of one invocation, in the order in which they began.

    Attributes:
        trace: the hop that they belong to; its span id is the root's.
    """

    def __init__(
        self,
        trace: Trace,
        service: str,
        *,
        nanos: Nanoseconds = time.perf_counter_ns,
        epoch: Nanoseconds = time.time_ns,
        limit: int = SPANS,
    ) -> None:
        self.trace = trace
        self.now = nanos
        self._service = service
        self._epoch_ns = epoch() - nanos()
        self._limit = limit
        self._numbers = count()
        self._lost = 0
        self._opened: list[OpenSpan] = []

    def open(
        self, name: str, kind: SpanKind, parent: "OpenSpan | None" = None
    ) -> "OpenSpan | Unrecorded":
        """A span that begins with its `with` block; nothing where there are too many."""
        number = next(self._numbers)
        if number >= self._limit:
            self._lost = number + 1 - self._limit
            return UNRECORDED
        opened = OpenSpan(self, number, name, kind, parent)
        self._opened.append(opened)
        return opened

    @property
    def lost(self) -> int:
        """Spans beyond the limit."""
        return self._lost

    @property
    def failed(self) -> bool:
        """Whether any span ended with an error."""
        return any(each.status == "error" for each in self._opened)

    def spans(self, first: int | None = None) -> list[Span]:
        """What was recorded, or the first of it; what has not ended yet ends now, and says so."""
        now = self.now()
        return [self._finished(each, now) for each in self._opened[:first]]

    def id_of(self, opened: "OpenSpan") -> str:
        """A span's id: the root's is the hop's, and the others count on from there."""
        return f"{(int(self.trace.span_id, 16) - 1 + opened.number) % IDS + 1:016x}"

    def _finished(self, opened: "OpenSpan", now: int) -> Span:
        ended, attributes = opened.ended, dict(opened.attributes)
        if ended is None:
            ended, attributes[LEFT_BEHIND] = now, True
        return Span(
            trace_id=self.trace.trace_id,
            span_id=self.id_of(opened),
            parent_id=self.id_of(opened.parent) if opened.parent else self.trace.parent_id,
            name=opened.name,
            service=self._service,
            kind=opened.kind,
            start_ns=self._epoch_ns + opened.started,
            end_ns=self._epoch_ns + ended,
            status=opened.status,
            attributes=attributes,
            events=self._events(opened),
        )

    def _events(self, opened: "OpenSpan") -> tuple[SpanEvent, ...]:
        if opened.raised is None:
            return ()
        name, at = opened.raised
        return (SpanEvent("exception", self._epoch_ns + at, {"exception.type": name}),)


class OpenSpan:
    """A span under way; ends with its `with` block."""

    __slots__ = (
        "_recorder",
        "_token",
        "attributes",
        "ended",
        "kind",
        "name",
        "number",
        "parent",
        "raised",
        "started",
        "status",
    )
    recording: ClassVar[bool] = True

    def __init__(
        self,
        recorder: Recorder,
        number: int,
        name: str,
        kind: SpanKind,
        parent: "OpenSpan | None",
    ) -> None:
        self._recorder = recorder
        self._token: Token[OpenSpan | None] | None = None
        self.number = number
        self.name = name
        self.kind: SpanKind = kind
        self.parent = parent
        self.attributes: dict[str, SpanValue] = {}
        self.status: SpanStatus = "unset"
        self.raised: tuple[str, int] | None = None
        self.ended: int | None = None
        self.started = recorder.now()

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
        if error is not None:
            self.raise_of(error)
        self.ended = self._recorder.now()

    @property
    def took_ms(self) -> float:
        """Milliseconds from begin to end, or until now."""
        ended = self._recorder.now() if self.ended is None else self.ended
        return (ended - self.started) / 1e6

    @property
    def recorder(self) -> Recorder:
        """Whose span it is."""
        return self._recorder

    @property
    def trace(self) -> Trace:
        """The hop that it belongs to."""
        return self._recorder.trace

    def child(self, name: str, kind: SpanKind) -> "OpenSpan | Unrecorded":
        """A span that is part of this one."""
        return self._recorder.open(name, kind, self)

    def set(self, name: str, value: SpanValue) -> None:
        """Sets an attribute; never a personal value."""
        self.attributes[name] = value

    def fail(self, error_type: str) -> None:
        """Makes the span an error, of a type with few different values."""
        self.attributes["error.type"] = error_type
        self.status = "error"

    def raise_of(self, error: BaseException) -> None:
        """Notes the type of an exception, and never its message, which may be personal.

        What only refuses a request or a condition (below 500) does not make the span an error.
        """
        name = type(error).__name__
        self.attributes["error.type"] = name
        self.raised = self.raised or (name, self._recorder.now())
        if not isinstance(error, CairnError) or error.status >= SERVER_FAULT:
            self.status = "error"


class Unrecorded:
    """A span that nobody records."""

    __slots__ = ()
    recording: ClassVar[bool] = False
    trace: ClassVar[None] = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing ends."""

    def set(self, name: str, value: SpanValue) -> None:
        """Sets nothing."""

    def fail(self, error_type: str) -> None:
        """Nothing fails."""


UNRECORDED: Final = Unrecorded()
_CURRENT: Final[ContextVar[OpenSpan | None]] = ContextVar("span", default=None)


def span(name: str, kind: SpanKind = "internal") -> OpenSpan | Unrecorded:
    """A part of what the context is recording; of nothing, where it records nothing.

    Where attributes cost something to make, ask `recording` first.
    """
    current = _CURRENT.get()
    return UNRECORDED if current is None else current.child(name, kind)


def traceparent() -> str | None:
    """The header that hands on the span under way (W3C); None where nothing is recorded."""
    current = _CURRENT.get()
    if current is None:
        return None
    recorder = current.recorder
    trace = recorder.trace
    return Trace(trace.trace_id, recorder.id_of(current), trace.sampled).traceparent
