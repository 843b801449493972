"""What conditions ask of an item."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Final

from infra.inprocess.attributes import Attribute, Scene, listed, plain

type Condition = Callable[[Scene], bool]
type Operand = Callable[[Scene], Attribute | None]

COMPARED: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "=": eq,
    "<>": ne,
    "<": lt,  # type: ignore[dict-item]  # both sides are of one kind
    "<=": le,  # type: ignore[dict-item]  # the same
    ">": gt,  # type: ignore[dict-item]  # the same
    ">=": ge,  # type: ignore[dict-item]  # the same
}


def either(one: Condition, other: Condition) -> Condition:
    """Whether one of two holds."""
    return lambda scene: one(scene) or other(scene)


def both(one: Condition, other: Condition) -> Condition:
    """Whether both hold."""
    return lambda scene: one(scene) and other(scene)


def compared(verb: str, left: Operand, right: Operand) -> Condition:
    """Whether two attributes of one kind compare so; of two kinds they only differ."""
    compare = COMPARED[verb]

    def test(scene: Scene) -> bool:
        one, other = plain(left(scene)), plain(right(scene))
        if isinstance(one, tuple) and isinstance(other, tuple) and one[0] == other[0]:
            return compare(one[1], other[1])
        return verb == "<>" and one != other

    return test


def between(left: Operand, low: Operand, high: Operand) -> Condition:
    """Whether an attribute lies in a range, its ends included."""
    return both(compared(">=", left, low), compared("<=", left, high))


def _contains(path: str, rest: Sequence[str]) -> Condition:
    def test(scene: Scene) -> bool:
        whole, part = scene.value(path), scene.value(rest[0])
        if whole is None or part is None:
            return False
        ((kind, value), (inner,)) = next(iter(whole.items())), part.values()
        return (
            str(inner) in str(value)
            if kind == "S"
            else any(_same(kind, each, inner) for each in listed(value))
        )

    return test


def _same(kind: str, one: object, other: object) -> bool:
    return Decimal(str(one)) == Decimal(str(other)) if kind == "NS" else one == other


def _begins(path: str, rest: Sequence[str]) -> Condition:
    def test(scene: Scene) -> bool:
        whole, part = scene.value(path), scene.value(rest[0])
        return (
            whole is not None
            and part is not None
            and str(whole.get("S", "")).startswith(str(part["S"]))
        )

    return test


def _exists(path: str, rest: Sequence[str]) -> Condition:
    del rest
    return lambda scene: scene.value(path) is not None


def _absent(path: str, rest: Sequence[str]) -> Condition:
    del rest
    return lambda scene: scene.value(path) is None


TESTS: Final[Mapping[str, Callable[[str, Sequence[str]], Condition]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _absent,
    "begins_with": _begins,
    "contains": _contains,
}
