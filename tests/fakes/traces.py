"""Where traces go in tests, and a clock that they are measured by."""

from collections.abc import Callable, Sequence

from cairn.platform.observability.span import Span


class Nanos:
    """Nanoseconds that pass only when told."""

    def __init__(self, now: int = 0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def pass_ms(self, ms: float) -> None:
        """Time goes on."""
        self.now += int(ms * 1e6)


class MemorySink:
    """A `TraceSink` that remembers.

    Attributes:
        written: every trace, in order.
        given_ms: how long each write might take.
        meanwhile: happens in every write.
    """

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.written: list[list[Span]] = []
        self.given_ms: list[float] = []
        self.meanwhile = meanwhile

    def write(self, spans: Sequence[Span], within_ms: float) -> None:
        """Remembers the spans."""
        self.given_ms.append(within_ms)
        self.meanwhile()
        self.written.append(list(spans))

    @property
    def names(self) -> list[list[str]]:
        """The names of the spans of every trace."""
        return [[each.name for each in spans] for spans in self.written]
