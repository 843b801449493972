"""Whether a condition can ever hold: which steps somebody can reach, which rules can speak.

Careful in one direction: what is called impossible is so. Conditions are taken clause by clause,
and whatever comes from an open set of values may be anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import FormField, When

ABSENT: Final[JsonValue] = None

type Values = Sequence[JsonValue] | None
"""Every value that may stand somewhere; None where it may be anything."""


@dataclass(frozen=True, slots=True)
class World:
    """What can be known of visitors.

    Attributes:
        fields: all fields of the flow, by id.
        asked: the ids of those that somebody may have answered.
        personas: the ids that a visitor's persona may have.
    """

    fields: dict[str, FormField]
    asked: frozenset[str]
    personas: tuple[str, ...]

    def holds(self, when: When) -> bool:
        """Whether the condition can hold for somebody."""
        return all(self._clause(key, value) for key, value in when.items())

    def _clause(self, key: str, value: JsonValue) -> bool:
        parts = (
            [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
        )
        match key:
            case "$and":
                return all(map(self.holds, parts))
            case "$or":
                return not parts or any(map(self.holds, parts))
            case _ if key.startswith("$"):
                return True
        values = self._values(key)
        if values is None:
            return True
        condition = compile_condition({key: value})
        return any(condition.matches(_nested(key, each)) for each in values)

    def _values(self, path: str) -> Values:
        if path == "persona":
            return [*self.personas, ABSENT]
        root, _, name = path.partition(".")
        if root != "answers" or name not in self.fields:
            return None
        return _answers(self.fields[name]) if name in self.asked else [ABSENT]


def reachable(flow: FlowDocument) -> tuple[World, frozenset[str]]:
    """The steps that somebody can come to, answering what is asked on the way, and their world."""
    world = _world(flow, ())
    while True:
        steps = _possible(flow, world)
        wider = _world(flow, steps)
        if wider == world:
            return world, steps
        world = wider


def imaginable(flow: FlowDocument) -> frozenset[str]:
    """The steps that somebody could come to if every field might have been answered before."""
    return _possible(flow, _world(flow, [step.id for step in flow.steps]))


def _world(flow: FlowDocument, steps: Iterable[str]) -> World:
    fields = {field.id: field for step in flow.steps for field in step.fields}
    named = frozenset(steps)
    asked = frozenset(each.id for step in flow.steps if step.id in named for each in step.fields)
    bare = World(fields, asked, ())
    personas = tuple(each.id for each in flow.personas if bare.holds(each.when))
    return World(fields, asked, personas)


def _possible(flow: FlowDocument, world: World) -> frozenset[str]:
    return frozenset(step.id for step in flow.steps if world.holds(step.when))


def _answers(field: FormField) -> Values:
    if field.personal:
        return [ABSENT, True]
    match field.kind:
        case "select":
            return [ABSENT, *(each.value for each in field.options or ())]
        case "checkbox":
            return [ABSENT, True, False]
        case _:
            return None


def _nested(path: str, value: JsonValue) -> dict[str, JsonValue]:
    root, _, name = path.partition(".")
    if not name:
        return {root: value}
    return {root: {} if value is ABSENT else {name: value}}
