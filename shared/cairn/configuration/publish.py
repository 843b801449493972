"""What publishing means: the next release, and what it changes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from cairn.configuration.model import Change, Entry, Release, digest_of
from cairn.platform.clock import epoch_ms

NEVER: Final = ""
"""The base of a document that no file ever held."""


def next_release(
    current: Release, bodies: Mapping[str, str], now: datetime, kept: Collection[str] = ()
) -> tuple[Release, list[Change]]:
    """The release that publishes exactly what files say, besides what is kept.

    A document whose content is unchanged keeps its version. Where the release says already what
    the files say, the current one comes back, with no changes.

    Args:
        current: the release that it follows.
        bodies: canonical JSON by `<kind>/<id>`.
        now: when it is published.
        kept: documents that stay as they are, whatever the files say.
    """
    entries = {name: _entry(current, name, body, now) for name, body in bodies.items()}
    entries |= {name: current.entries[name] for name in kept}
    if entries == current.entries:
        return current, []
    return _following(current, entries, now)


def amended(
    current: Release, address: str, body: str, now: datetime
) -> tuple[Release, Change | None]:
    """The release in which the API has changed, or added, one document; the others stay.

    Without a change the current release comes back.
    """
    former = current.entries.get(address)
    entry = _entry(current, address, body, now)
    if former is not None and entry.digest == former.digest:
        return current, None
    said = NEVER if former is None else former.digest if former.base is None else former.base
    base = None if said == entry.digest else said
    edited = entry.model_copy(update={"base": base})
    release, (change,) = _following(current, {**current.entries, address: edited}, now)
    return release, change


def _following(
    current: Release, entries: Mapping[str, Entry], now: datetime
) -> tuple[Release, list[Change]]:
    gone = {name: entry.version for name, entry in current.entries.items()} | dict(current.retired)
    release = Release(
        workspace=current.workspace,
        version=current.version + 1,
        published_at=now,
        entries=entries,
        retired={name: version for name, version in gone.items() if name not in entries},
    )
    return release, _changes(current.entries, entries)


def _changes(former: Mapping[str, Entry], entries: Mapping[str, Entry]) -> list[Change]:
    added = [
        Change(name, "add", entry.version, None, entry.digest)
        for name, entry in entries.items()
        if name not in former
    ]
    changed = [
        Change(name, "change", entry.version, former[name].digest, entry.digest)
        for name, entry in entries.items()
        if name in former and former[name].digest != entry.digest
    ]
    removed = [
        Change(name, "remove", entry.version, entry.digest, None)
        for name, entry in former.items()
        if name not in entries
    ]
    return sorted([*added, *changed, *removed], key=lambda change: change.address)


def _entry(current: Release, address: str, body: str, now: datetime) -> Entry:
    """What a release says of a document that files and it agree on."""
    digest = digest_of(body)
    former = current.entries.get(address)
    if former is not None and former.digest == digest:
        return former.model_copy(update={"base": None})
    last = former.version if former else current.retired.get(address, 0)
    return Entry(version=last + 1, digest=digest, at_ms=epoch_ms(now))
