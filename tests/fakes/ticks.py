"""Monotonic seconds that pass only when told."""


class Ticks:
    """A `Ticker` for tests."""

    def __init__(self, now_s: float = 1_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s

    def pass_s(self, seconds: float) -> None:
        """Time goes on."""
        self.now_s += seconds
