"""Going through dead letters: each is sent back, dropped, or stays, and is told of.

A letter is sent first and removed after, so that none is lost; one that comes twice changes
nothing, since parcels have receipts. It goes back as a new message: whoever consumes it must not
rely on its place in a group. What can never be processed is set aside in a group of its own, so
that the rest of its group is reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cairn.platform.queue import Message
from infra.redrive.letters import Fate, Letter, Readable
from infra.redrive.mailbox import Mailbox


class Target(Protocol):
    """Takes messages; gives the positions of those that it refuses."""

    def send(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """See `cairn.platform.queue.Queue.send`."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be done.

    Attributes:
        look: nothing is sent or dropped.
        drop: letters that can never be processed are removed, and nothing is sent.
        reason: only letters whose reason contains this.
        limit: how many letters are looked at; None for all.
    """

    look: bool = False
    drop: bool = False
    reason: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Redrive:
    """A dead-letter queue, and the queue that its letters came from.

    Attributes:
        readable: whether the function behind the queue can read a body.
    """

    mailbox: Mailbox
    target: Target
    readable: Readable

    def carry_out(self, wish: Wish) -> Iterator[tuple[Letter, Fate]]:
        """Goes through the letters; gives each with what became of it.

        What stays, or was not come to, is seen again by others at the end.
        """
        staying: dict[str, Letter] = {}
        try:
            for letters in self.mailbox.lend(wish.limit):
                staying.update((each.receipt, each) for each in letters)
                for letter in letters:
                    fate, gone = self._settled(letter, wish)
                    if gone:
                        del staying[letter.receipt]
                    yield letter, fate
        finally:
            for letter in staying.values():
                self.mailbox.put_back(letter)

    def _settled(self, letter: Letter, wish: Wish) -> tuple[Fate, bool]:
        """What becomes of a letter, and whether this delivery of it is gone."""
        if wish.reason not in letter.reason:
            return Fate.PASSED_OVER, False
        if not self.readable(letter.body):
            return self._hopeless(letter, wish)
        if wish.look or wish.drop:
            return Fate.WAITS, False
        deduplication_id = f"redrive-{letter.id}" if letter.group else None
        if self.target.send([Message(letter.body, letter.group, deduplication_id)]):
            return Fate.REFUSED, False
        self.mailbox.take(letter)
        return Fate.SENT_BACK, True

    def _hopeless(self, letter: Letter, wish: Wish) -> tuple[Fate, bool]:
        if wish.look:
            return Fate.HOPELESS, False
        if wish.drop:
            self.mailbox.take(letter)
            return Fate.DROPPED, True
        return Fate.HOPELESS, not letter.alone and self.mailbox.set_aside(letter)
