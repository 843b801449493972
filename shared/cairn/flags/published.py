"""Published documents as compiled flags; one that cannot be read does not sink the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from pydantic import ValidationError

from cairn.conditions.model import ConditionError
from cairn.configuration.model import Document, Kind, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.flags.compile import Flag, compile_flag
from cairn.flags.model import FlagDocument


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A published flag that this version of the code cannot evaluate."""

    id: str
    cause: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A workspace's flags at one time.

    Attributes:
        version: hex digits that stand for the content of all of them.
        flags: by their id.
    """

    workspace: str
    version: str
    flags: Mapping[str, Flag | Unreadable]


class Rulesets:
    """The ruleset of each workspace, compiled once per published content."""

    def __init__(self) -> None:
        self._compiled = Compiled(Kind.FLAG, published_flag)
        self._kept: dict[str, tuple[Snapshot, Ruleset]] = {}

    def of(self, snapshot: Snapshot) -> Ruleset:
        """The ruleset of a snapshot."""
        kept = self._kept.get(snapshot.workspace)
        if kept is not None and kept[0] is snapshot:
            return kept[1]
        flags = self._compiled.of(snapshot)
        ruleset = Ruleset(snapshot.workspace, _version_of(snapshot), flags)
        self._kept[snapshot.workspace] = (snapshot, ruleset)
        return ruleset


def published_flag(document: Document) -> Flag | Unreadable:
    """Compiles a published flag, or says why it cannot be."""
    try:
        return compile_flag(FlagDocument.model_validate_json(document.body), document.version)
    except (ValidationError, ConditionError, LookupError) as error:
        return Unreadable(document.id, type(error).__name__)


def _version_of(snapshot: Snapshot) -> str:
    documents = sorted(f"{each.id}@{each.digest}" for each in snapshot.of_kind(Kind.FLAG))
    return blake2b("\n".join(documents).encode(), digest_size=8).hexdigest()
