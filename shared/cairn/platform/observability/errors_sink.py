"""Where unexpected errors go besides the log and the metrics: a port for services such as Sentry.

What a sink is given says what broke and where, and nothing that a visitor gave: no message of the
exception, no local variables.
"""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Captured:
    """An unexpected error.

    Attributes:
        error: the exception's type, and those of what it was raised from, outermost first.
        frames: `file:line function`, outermost first.
        where: service, environment, event, trace and request.
    """

    error: tuple[str, ...]
    frames: tuple[str, ...]
    where: Mapping[str, str]


class ErrorSink(Protocol):
    """Takes errors; must be quick, because an answer may wait for it."""

    def capture(self, captured: Captured) -> None:
        """Takes an error."""
        ...


class NoSink:
    """Nobody wants to know: log and metrics are enough."""

    def capture(self, captured: Captured) -> None:
        """Forgets it."""


def captured(error: BaseException, where: Mapping[str, str]) -> Captured:
    """An error without anything personal."""
    frames = traceback.extract_tb(error.__traceback__)
    return Captured(
        error=_types(error),
        frames=tuple(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames),
        where=where,
    )


def _types(error: BaseException | None) -> tuple[str, ...]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__
    return tuple(type(each).__name__ for each in chain)
