"""Saved groups: what conditions that name them mean."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from cairn.conditions.bounds import check_bounds
from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Groups, Test
from cairn.flags.documents import SegmentDocument

SAVED_GROUP: Final = "$savedGroup"
IN_GROUP: Final = frozenset({"$inGroup", "$notInGroup"})

NOBODY: Final[Mapping[str, JsonValue]] = {"$not": {}}
"""What a segment means that does not exist."""


class Segments:
    """The segments of a workspace.

    Attributes:
        documents: by id.
        groups: the members of those that list them.
    """

    def __init__(self, documents: Iterable[SegmentDocument] = ()) -> None:
        self.documents: Mapping[str, SegmentDocument] = {each.id: each for each in documents}
        self.groups: Groups = {
            name: each.members for name, each in self.documents.items() if each.members is not None
        }

    def __contains__(self, name: str) -> bool:
        return name in self.documents

    def same_as(self, other: "Segments") -> bool:
        """Whether both hold the very same documents, read once."""
        ours, theirs = self.documents, other.documents
        return ours.keys() == theirs.keys() and all(ours[name] is theirs[name] for name in ours)

    def test(self, condition: Mapping[str, JsonValue]) -> Test:
        """A condition, compiled leniently."""
        expanded = self.expanded(dict(condition))
        return compile_condition(expanded, groups=self.groups, strict=False).matches

    def expanded(self, condition: JsonValue) -> JsonValue:
        """A condition without `$savedGroup`: what each segment means stands in its place.

        Raises:
            ConditionError: the condition is too deep or too large.
        """
        check_bounds(condition)
        return self._expanded(condition)

    def _expanded(self, value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            return [self._expanded(item) for item in value]
        if not isinstance(value, dict):
            return value
        if SAVED_GROUP not in value:
            return {key: self._expanded(item) for key, item in value.items()}
        others = {key: item for key, item in value.items() if key != SAVED_GROUP}
        return {"$and": [self._meaning(value[SAVED_GROUP]), self._expanded(others)]}

    def _meaning(self, reference: JsonValue) -> JsonValue:
        named = reference.get("id") if isinstance(reference, dict) else None
        segment = self.documents.get(named) if isinstance(named, str) else None
        if segment is None:
            return dict(NOBODY)
        if segment.members is not None:
            return {segment.by: {"$inGroup": segment.id}}
        return dict(segment.when or {})


NO_SEGMENTS: Final = Segments()


def named_in(condition: JsonValue, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every segment that a condition names, after the JSON pointer to where it does.

    Raises:
        ConditionError: the condition is too deep or too large.
    """
    check_bounds(condition)
    yield from _named_in(condition, pointer)


def without_references(condition: JsonValue) -> JsonValue:
    """A condition whose well-formed `$savedGroup`s are left out: the rest is checked as it is."""
    if isinstance(condition, list):
        return [without_references(item) for item in condition]
    if not isinstance(condition, dict):
        return condition
    return {
        key: without_references(item)
        for key, item in condition.items()
        if key != SAVED_GROUP or not _is_reference(item)
    }


def _is_reference(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.keys() == {"id"} and isinstance(value["id"], str)


def _named_in(value: JsonValue, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named_in(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in IN_GROUP and isinstance(item, str):
                yield here, item
            elif key == SAVED_GROUP and isinstance(item, dict) and _is_reference(item):
                yield f"{here}/id", str(item["id"])
            else:
                yield from _named_in(item, here)
