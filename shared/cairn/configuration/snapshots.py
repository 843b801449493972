"""Published configuration in the process: checked at most twice a second, kept when tables fail."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from cairn.configuration.model import Document, Kind, Release, Snapshot
from cairn.platform.clock import Ticker
from cairn.platform.errors import StoreUnavailable

CHECK_S: Final = 0.5
"""How long a snapshot is used before its version is looked at again."""


class Releases(Protocol):
    """Reads releases and their documents."""

    def release(self, workspace: str) -> Release:
        """The current release of a workspace."""
        ...

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        """A release with its documents, reusing those of `former`."""
        ...


class Snapshots:
    """The current snapshot of each workspace."""

    def __init__(self, releases: Releases, tick: Ticker = time.monotonic) -> None:
        self._releases = releases
        self._tick = tick
        self._kept: dict[str, Snapshot] = {}
        self._checked: dict[str, float] = {}

    def current(self, workspace: str) -> Snapshot:
        """The newest snapshot, at most `CHECK_S` old; the last known one when tables are down.

        Raises:
            StoreUnavailable: tables are down and nothing is known yet.
        """
        if not self.due(workspace):
            return self._kept[workspace]
        try:
            return self.observe(self._releases.release(workspace))
        except StoreUnavailable:
            kept = self.last_known(workspace)
            self._checked[workspace] = self._tick()  # a dead table costs one wait per CHECK_S
            return kept

    def due(self, workspace: str) -> bool:
        """Whether the release must be read before the snapshot may be used."""
        checked = self._checked.get(workspace)
        return checked is None or self._tick() - checked >= CHECK_S

    def observe(self, release: Release) -> Snapshot:
        """Takes in a release that was just read, and gives its snapshot.

        Raises:
            StoreUnavailable: its documents cannot be read.
        """
        kept = self._kept.get(release.workspace)
        if kept is None or kept.version != release.version:
            kept = self._releases.snapshot(release, kept)
            self._kept[release.workspace] = kept
        self._checked[release.workspace] = self._tick()
        return kept

    def last_known(self, workspace: str) -> Snapshot:
        """The snapshot as it was when tables last answered.

        Raises:
            StoreUnavailable: they never did.
        """
        if workspace not in self._kept:
            raise StoreUnavailable("The configuration cannot be read.")
        return self._kept[workspace]


class Compiled[Thing]:
    """Documents of one kind in the form that is executed, compiled once per content."""

    def __init__(self, kind: Kind, compile_document: Callable[[Document], Thing]) -> None:
        self._kind = kind
        self._compile = compile_document
        self._things: dict[str, Mapping[str, Thing]] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def of(self, snapshot: Snapshot) -> Mapping[str, Thing]:
        """The compiled documents of a snapshot, by their id."""
        former = self._snapshots.get(snapshot.workspace)
        if former is not snapshot:
            self._things[snapshot.workspace] = self._compiled(snapshot, former)
            self._snapshots[snapshot.workspace] = snapshot
        return self._things[snapshot.workspace]

    def _compiled(self, snapshot: Snapshot, former: Snapshot | None) -> Mapping[str, Thing]:
        things = self._things.get(snapshot.workspace, {})
        known = {each.id: each for each in former.of_kind(self._kind)} if former else {}
        return {
            each.id: things[each.id] if known.get(each.id) == each else self._compile(each)
            for each in snapshot.of_kind(self._kind)
        }
