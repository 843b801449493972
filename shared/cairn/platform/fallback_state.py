"""Shared state while it answers, the process's own while it does not.

What the shared state says is also kept in the process, so that a budget which is spent stays
spent, and a breaker which is open stays open, when Valkey goes away. What the process counts
meanwhile stays its own: nothing is carried back.
"""

from collections.abc import Callable, Sequence
from typing import Final

from cairn.platform.errors import CacheUnavailable
from cairn.platform.lanes import Lanes
from cairn.platform.shared_state import Answer, Change, MemoryState, SharedState, learned

WAIT_MS: Final = 250.0
"""Longest wait for the shared state, where a deadline would leave more."""


class FallbackState:
    """The state of all instances, or of this one.

    `make` is called in a lane when the state is first needed, because its client is heavy to
    import; without it, there is only this process.
    """

    def __init__(
        self, make: Callable[[], SharedState] | None, local: MemoryState, lanes: Lanes
    ) -> None:
        self._make = make
        self._shared: SharedState | None = None
        self._local = local
        self._lanes = lanes

    def apply(self, changes: Sequence[Change], within_ms: float) -> list[Answer]:
        """Makes the changes where that is possible within `within_ms` milliseconds, or here."""
        make = self._make
        if make is None or not changes:
            return self._local.apply(changes)
        try:
            answers = self._lanes.within(
                min(within_ms, WAIT_MS),
                lambda: self._elsewhere(make, changes),
                late=CacheUnavailable,
            )
        except CacheUnavailable:
            return self._local.apply(changes)
        self._local.apply(learned(changes, answers))
        return answers

    def _elsewhere(
        self, make: Callable[[], SharedState], changes: Sequence[Change]
    ) -> list[Answer]:
        if self._shared is None:
            self._shared = make()
        return self._shared.apply(changes)
