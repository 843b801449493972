"""What publishing means: the next release, and what it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cairn.configuration.model import Entry, Release, digest_of


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two releases."""

    address: str
    action: Literal["add", "change", "remove"]
    version: int


def next_release(
    current: Release, bodies: Mapping[str, str], now: datetime
) -> tuple[Release, list[Change]]:
    """The release that publishes exactly `bodies` (canonical JSON by `<kind>/<id>`).

    A document whose content is unchanged keeps its version. Without any change the current
    release comes back, with no changes.
    """
    entries = {address: _entry(current, address, body) for address, body in bodies.items()}
    changes = [
        Change(address, "change" if address in current.entries else "add", entry.version)
        for address, entry in entries.items()
        if current.entries.get(address) != entry
    ]
    changes += [
        Change(address, "remove", entry.version)
        for address, entry in current.entries.items()
        if address not in entries
    ]
    if not changes:
        return current, []
    gone = {name: entry.version for name, entry in current.entries.items()} | dict(current.retired)
    release = Release(
        workspace=current.workspace,
        version=current.version + 1,
        published_at=now,
        entries=entries,
        retired={name: version for name, version in gone.items() if name not in entries},
    )
    return release, sorted(changes, key=lambda change: change.address)


def _entry(current: Release, address: str, body: str) -> Entry:
    digest = digest_of(body)
    former = current.entries.get(address)
    if former is not None and former.digest == digest:
        return former
    last = former.version if former else current.retired.get(address, 0)
    return Entry(version=last + 1, digest=digest)
