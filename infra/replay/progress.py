"""How far a replay is, as two bars on standard error."""

from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars:
    """Events that are through, and parcels that still wait to be counted."""

    def __init__(self, events: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._sending = self._progress.add_task("events sent", total=events)
        self._counting = self._progress.add_task("parcels counted", total=None, start=False)
        self._most = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def sent(self, events: int) -> None:
        """See `infra.replay.run.Progress`."""
        self._progress.advance(self._sending, events)

    def left(self, parcels: int) -> None:
        """See `infra.replay.run.Progress`."""
        if not self._most:
            self._progress.start_task(self._counting)
        self._most = max(self._most, parcels)
        self._progress.update(self._counting, total=self._most, completed=self._most - parcels)
