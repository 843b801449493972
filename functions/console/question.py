"""One reader's question: over which window, about which flows, split by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Final

from fastapi import Depends, Header

from cairn.access.model import Principal, Scope
from cairn.metrics.breakdown import Segment
from cairn.metrics.query import Found, Rollups, Wanted, gather
from cairn.metrics.series import PERSONA
from cairn.metrics.windows import Span, span_of
from functions.console.answers import Answer
from functions.console.asking import Asked, AskedFlows, AskedSplit
from functions.console.context import Wired, caller
from functions.console.wiring import Wiring

FLOWS: Final = 20
"""Flows of an answer that names none: the first, by name."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, as far as its window goes.

    Attributes:
        rollups: where it is read: with what the process remembers, or without.
        window: the window that was asked for.
        span: the window, aligned.
        now: when it is answered.
    """

    wired: Wiring
    rollups: Rollups
    workspace: str
    window: str
    span: Span
    now: datetime

    def read(self, wanted: Wanted) -> Found:
        """Reads what the answer is made of."""
        return gather(self.rollups, self.wired.lanes, self.workspace, self.span, wanted)

    def answer[Data](self, kind: type[Answer[Data]], found: Found, data: Data) -> Answer[Data]:
        """The answer of a kind, made of what was found."""
        return kind.of(self.window, self.now, found, data)

    def dimensions(self) -> Sequence[str]:
        """The declared dimensions."""
        return self.wired.published.dimensions(self.workspace)

    def split(self, asked: AskedSplit) -> Segment | None:
        """What the answer is split by; raises as `AskedSplit.by`."""
        return asked.by(self.wired.published.segments(self.workspace))

    def split_flows(self, asked: AskedFlows) -> Segment | None:
        """The same of an answer that is about flows alone."""
        return asked.by(self.wired.published.segments(self.workspace) | {PERSONA})

    def flows(self, asked: AskedFlows) -> Mapping[str, Sequence[str]]:
        """The flows that the answer is about, each with its published steps."""
        if asked.flow is None:
            return self.first_flows()
        published = self.wired.published.flows(self.workspace)
        return {asked.flow: published.get(asked.flow, ())}

    def first_flows(self) -> Mapping[str, Sequence[str]]:
        """The flows of an answer that is about none in particular."""
        return dict(islice(self.wired.published.flows(self.workspace).items(), FLOWS))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks.

    Attributes:
        rollups: see `Question`.
    """

    wired: Wiring
    workspace: str
    rollups: Rollups

    def asks(self, asked: Asked) -> Question:
        """What is asked, now.

        Raises:
            InvalidRequest: two windows at once.
        """
        window, length = asked.over()
        now = self.wired.clock()
        span = span_of(length, now)
        return Question(self.wired, self.rollups, self.workspace, window, span, now)


def _reader(
    wired: Wired,
    principal: Annotated[Principal, Depends(caller(Scope.READ_METRICS))],
    cache_control: Annotated[
        str, Header(description="`no-cache` bypasses what is cached (RFC 9111, 5.2.1.4).")
    ] = "",
) -> Reader:
    anew = "no-cache" in cache_control.lower()
    rollups = wired.stored_rollups if anew else wired.rollups
    return Reader(wired, principal.workspace, rollups)


type Asking = Annotated[Reader, Depends(_reader)]
