"""What files may change of a release that the API has changed since they were last applied.

A three-way comparison, document by document: what files said last, what they say now, and what
is published. Who changed nothing has nothing to lose: files that stay as they were leave a change
of the API alone. Where both changed, somebody must choose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cairn.configuration.model import Entry, Release, digest_of
from cairn.configuration.publish import NEVER


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How files and the API's changes go together.

    Attributes:
        kept: addresses of documents that only the API changed; they stay as they are.
        disputed: addresses of those that both changed, each in another way.
    """

    kept: frozenset[str]
    disputed: frozenset[str]


def reconciled(current: Release, bodies: Mapping[str, str]) -> Reconciled:
    """Holds what files say (canonical JSON by address) against a release."""
    kept: set[str] = set()
    disputed: set[str] = set()
    for name, entry in current.entries.items():
        said = digest_of(bodies[name]) if name in bodies else NEVER
        if entry.base is None or said == entry.digest:
            continue
        (kept if said == entry.base else disputed).add(name)
    return Reconciled(frozenset(kept), frozenset(disputed))


def only_edited(former: Release, current: Release) -> bool:
    """Whether everything that differs between two releases was changed by the API."""
    names = former.entries.keys() | current.entries.keys()
    differing = [name for name in names if former.entries.get(name) != current.entries.get(name)]
    return all(_is_edited(current.entries.get(name)) for name in differing)


def _is_edited(entry: Entry | None) -> bool:
    return entry is not None and entry.base is not None
