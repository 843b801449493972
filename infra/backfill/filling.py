"""Writes links and pasts into participants, each with what it changes in the arms, or nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cairn.experiments.following import Following
from cairn.experiments.participant import NOBODY, Participant
from cairn.experiments.saved import participant_of, saved
from cairn.metrics.following import Identity
from cairn.platform.clock import Clock, Wait, at_once
from cairn.platform.errors import Conflict, StoreUnavailable
from infra.backfill.merge import States, linked, more, root_of, told, with_past
from infra.backfill.replay import Past
from infra.backfill.store import Store

ATTEMPTS: Final = 10
"""How often a participant is read and written again when the fold was there first."""

LONGEST_WAIT_S: Final = 0.2

type Change = Callable[[States], States]
"""What becomes of participants, from what is known of them."""


@dataclass(slots=True)
class Filling:
    """Changes participants as the fold does: over their version, with the arms.

    Attributes:
        following: what the fold follows today.
        links: participants that turned out to be somebody else.
        participants: those that did more than was known.
        moments: how much more.
        arms: what was added to arms, by experiment.
    """

    workspace: str
    store: Store
    following: Following
    clock: Clock
    wait: Wait = at_once
    links: int = 0
    participants: int = 0
    moments: int = 0
    arms: dict[str, Counter[str]] = field(default_factory=dict)

    def link(self, one: Identity, other: Identity) -> None:
        """Lets somebody turn out to be somebody else.

        Raises:
            StoreUnavailable: a store refuses, or others were there first, `ATTEMPTS` times.
        """
        self.links += bool(self._change([one, other], lambda known: linked(one, other, known)))

    def fill(self, one: Identity, past: Past) -> None:
        """Adds to what somebody did.

        Raises:
            StoreUnavailable: a store refuses, or others were there first, `ATTEMPTS` times.
        """
        added = 0

        def filled(known: States) -> States:
            nonlocal added
            who = root_of(one, known)
            state = known.get(who, NOBODY)
            after = with_past(state, past)
            added = more(state, after)
            return {} if after is state else {who: after}

        if self._change([one], filled):
            self.participants += 1
            self.moments += added

    def _change(self, concerned: Sequence[Identity], change: Change) -> States:
        """Makes a change, as often as it takes; gives those that changed."""
        for _ in range(ATTEMPTS):
            try:
                return self._written(change(self._known(concerned)))
            except Conflict:
                self.wait(LONGEST_WAIT_S)
        raise StoreUnavailable("Others change a participant all the time; run it again.")

    def _written(self, changed: States) -> States:
        if not changed:
            return changed
        states, arms = {}, {}
        for identity, each in changed.items():
            after, added = told(each, self.following)
            states[identity] = saved(replace(after, version=each.version + 1))
            arms.update(added)
        self.store.write(self.workspace, states, arms, self.clock())
        for name, counters in arms.items():
            self.arms.setdefault(name, Counter()).update(counters)
        return changed

    def _known(self, asked: Sequence[Identity]) -> States:
        """Participants and who they turned out to be."""
        known: dict[Identity, Participant] = {}
        while asked:
            found = self.store.participants(self.workspace, asked)
            states = {identity: participant_of(each) for identity, each in found.items()}
            known |= states
            named = [each.into for each in states.values()]
            asked = [each for each in named if each is not None and each not in known]
        return known
