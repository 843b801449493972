"""Published documents as compiled flags; one that cannot be read does not sink the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from cairn.configuration.model import Document, Kind, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.flags.compile import Parents, compile_flag
from cairn.flags.compiled import Flag
from cairn.flags.documents import FlagDocument, SegmentDocument
from cairn.flags.prerequisites import in_order, needs_of
from cairn.flags.schedule import current, instants
from cairn.flags.segments import Segments


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A published document that this version of the code cannot use.

    Attributes:
        cause: the type of the error that said so.
    """

    id: str
    cause: str


@dataclass(frozen=True, slots=True)
class Published:
    """A flag's document as it was published."""

    document: FlagDocument
    version: int


@dataclass(frozen=True, slots=True, eq=False)
class Ruleset:
    """A workspace's flags at one time, in one environment.

    Attributes:
        version: hex digits that stand for all that they may answer.
        flags: by their id; archived ones are left out.
        documents: what the readable ones say now.
        segments: the saved groups that they name.
        unreadable: the others with their causes, such as `banner: ValidationError`.
        until: when the next of them changes by itself, if one does.
    """

    workspace: str
    version: str
    flags: Mapping[str, Flag | Unreadable]
    documents: Mapping[str, Published]
    segments: Segments
    unreadable: tuple[str, ...] = ()
    until: datetime | None = None


class Rulesets:
    """The ruleset of each workspace, compiled once per published content and step of a schedule."""

    def __init__(self, environment: str = "") -> None:
        self._environment = environment
        self._flags = Compiled(Kind.FLAG, published_flag)
        self._segments = Compiled(Kind.SEGMENT, _segment)
        self._kept: dict[str, tuple[Snapshot, Ruleset]] = {}

    def of(self, snapshot: Snapshot, now: datetime) -> Ruleset:
        """The ruleset of a snapshot at an instant."""
        kept = self._kept.get(snapshot.workspace)
        if kept is not None and kept[0] is snapshot and not _over(kept[1], now):
            return kept[1]
        ruleset = self._compiled(snapshot, now, kept[1] if kept else None)
        self._kept[snapshot.workspace] = (snapshot, ruleset)
        return ruleset

    def _compiled(self, snapshot: Snapshot, now: datetime, former: Ruleset | None) -> Ruleset:
        found = self._flags.of(snapshot)
        written = {name: each for name, each in found.items() if isinstance(each, Published)}
        documents = {
            name: self._now(each, now)
            for name, each in written.items()
            if not each.document.archived
        }
        segments = self._named(snapshot, former)
        changes = sorted({at for each in written.values() for at in instants(each.document)})
        flags = _linked(documents, segments, former)
        flags |= {name: each for name, each in found.items() if isinstance(each, Unreadable)}
        broken = [each for each in flags.values() if isinstance(each, Unreadable)]
        return Ruleset(
            workspace=snapshot.workspace,
            version=self._version(snapshot, [at for at in changes if at <= now]),
            flags=flags,
            documents=documents,
            segments=segments,
            unreadable=tuple(f"{each.id}: {each.cause}" for each in broken),
            until=next((at for at in changes if at > now), None),
        )

    def _now(self, published: Published, now: datetime) -> Published:
        document = current(published.document, now, self._environment)
        same = document is published.document
        return published if same else Published(document, published.version)

    def _named(self, snapshot: Snapshot, former: Ruleset | None) -> Segments:
        found = self._segments.of(snapshot).values()
        segments = Segments(each for each in found if isinstance(each, SegmentDocument))
        return former.segments if former and former.segments.same_as(segments) else segments

    def _version(self, snapshot: Snapshot, passed: list[datetime]) -> str:
        kinds = (Kind.FLAG, Kind.SEGMENT)
        parts = sorted(
            f"{each.kind}/{each.id}@{each.version}:{each.digest}"
            for kind in kinds
            for each in snapshot.of_kind(kind)
        )
        parts += [self._environment, passed[-1].isoformat() if passed else ""]
        return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def published_flag(document: Document) -> Published | Unreadable:
    """Reads a published flag, or says why it cannot be."""
    try:
        return Published(FlagDocument.model_validate_json(document.body), document.version)
    except Exception as error:  # noqa: BLE001  # one flag must not take the others down
        return Unreadable(document.id, type(error).__name__)


def _segment(document: Document) -> SegmentDocument | Unreadable:
    try:
        return SegmentDocument.model_validate_json(document.body)
    except Exception as error:  # noqa: BLE001  # nor must a segment
        return Unreadable(document.id, type(error).__name__)


def _linked(
    documents: Mapping[str, Published], segments: Segments, former: Ruleset | None
) -> dict[str, Flag | Unreadable]:
    """Compiles flags after those that they need; what did not change is taken from `former`."""
    needs = needs_of({name: each.document for name, each in documents.items()})
    ordered = in_order(needs)
    sane = frozenset(ordered)
    flags: dict[str, Flag | Unreadable] = {}
    sound: dict[str, Flag | None] = dict.fromkeys(needs)
    for name in (*ordered, *(needs.keys() - sane)):
        parents = {
            each: sound[each] if name in sane else None for each in needs[name] & documents.keys()
        }
        flag = _kept(name, documents[name], parents, segments, former)
        flags[name] = flag or _flag(documents[name], parents, segments)
        compiled = flags[name]
        if name in sane and isinstance(compiled, Flag):
            sound[name] = compiled
    return flags


def _flag(published: Published, parents: Parents, segments: Segments) -> Flag | Unreadable:
    try:
        return compile_flag(
            published.document, published.version, parents=parents, segments=segments
        )
    except Exception as error:  # noqa: BLE001  # whatever breaks here, it is this flag's alone
        return Unreadable(published.document.id, type(error).__name__)


def _kept(
    name: str, published: Published, parents: Parents, segments: Segments, former: Ruleset | None
) -> Flag | None:
    if former is None or former.segments is not segments:
        return None
    flag = former.flags.get(name)
    if not isinstance(flag, Flag) or former.documents.get(name) is not published:
        return None
    same = all(former.flags.get(each) is parent for each, parent in parents.items())
    return flag if same else None


def _over(ruleset: Ruleset, now: datetime) -> bool:
    return ruleset.until is not None and now >= ruleset.until
