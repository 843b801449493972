"""Where the breakers of a workspace's model providers stand, as all instances see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cairn.llm.breaker import Breaker, BreakerState
from cairn.llm.documents import ModelsDocument
from cairn.platform.clock import epoch_ms
from cairn.platform.errors import CacheUnavailable
from cairn.platform.shared_state import SharedState


@dataclass(frozen=True, slots=True)
class BreakerLook:
    """Looks at the marks of breakers; changes nothing.

    Attributes:
        state: what instances share; None where they share nothing.
    """

    state: SharedState | None

    def standings(
        self, workspace: str, models: ModelsDocument, now: datetime
    ) -> Mapping[str, BreakerState | None]:
        """The standing of each provider, by its id; None where that can't be seen."""
        breakers = {
            each.id: Breaker.of(workspace, each, models.breaker) for each in models.providers
        }
        if self.state is None:
            return dict.fromkeys(breakers)
        try:
            marks = self.state.apply([each.look() for each in breakers.values()])
        except CacheUnavailable:
            return dict.fromkeys(breakers)
        now_ms = epoch_ms(now)
        return {
            name: breaker.standing(mark, now_ms)
            for (name, breaker), mark in zip(breakers.items(), marks, strict=True)
        }
