"""A process that dies at one of its writes: before AWS heard of it, or before it heard of AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from botocore.model import OperationModel

from cairn.platform.aws import HOOKS

type Moment = Literal["before", "after"]

NEVER = -1

WRITES = frozenset({"PutObject", "TransactWriteItems", "SendMessageBatch"})


class Crash(BaseException):
    """The process ends here; nothing catches it."""


class Fuse:
    """Ends the process at a write.

    Attributes:
        writes: the writes that were begun.
        at: the position of the write to die at; `NEVER` for none.
        moment: before the write happens, or after it happened and before its answer is read.
    """

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.at = NEVER
        self.moment: Moment = "before"

    def set(self, at: int, moment: Moment) -> None:
        """Counts writes from now on, and dies at one of them."""
        self.writes.clear()
        self.at = at
        self.moment = moment

    def before(self, model: OperationModel, **_: object) -> None:
        """A call that is about to be sent."""
        if model.name in WRITES:
            self.writes.append(model.name)
            self._burn("before")

    def after(self, model: OperationModel, **_: object) -> None:
        """A call that was answered."""
        if model.name in WRITES:
            self._burn("after")

    def _burn(self, moment: Moment) -> None:
        if len(self.writes) - 1 == self.at and moment == self.moment:
            self.at = NEVER
            raise Crash


@contextmanager
def fused() -> Iterator[Fuse]:
    """A fuse in the clients that are made within this block."""
    fuse = Fuse()
    hooks = {"before-call": fuse.before, "after-call": fuse.after}
    for name, hook in hooks.items():
        HOOKS.register(name, hook)
    try:
        yield fuse
    finally:
        for name, hook in hooks.items():
            HOOKS.unregister(name, hook)
