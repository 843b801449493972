"""DynamoDB's condition and update expressions, as far as Cairn writes them.

Grammar: *Expressions in DynamoDB* of the Amazon DynamoDB Developer Guide, for top-level
attributes. A condition is compiled once by its text, then asked of many items.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Final

type Attribute = Mapping[str, object]
"""A typed attribute, such as `{"N": "1"}`."""

type Attributes = Mapping[str, Attribute]

EXPRESSION_BYTES: Final = 4 * 1024
EXPRESSION_OPERATORS: Final = 300
"""What one expression may have at most."""

_TOKEN: Final = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])")
_COMPARED: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "=": eq,
    "<>": ne,
    "<": lt,  # type: ignore[dict-item]  # both sides are of one kind
    "<=": le,  # type: ignore[dict-item]  # the same
    ">": gt,  # type: ignore[dict-item]  # the same
    ">=": ge,  # type: ignore[dict-item]  # the same
}
_CLAUSES: Final = frozenset({"SET", "ADD", "REMOVE", "DELETE"})
_SETS: Final = frozenset({"SS", "NS", "BS"})


class Malformed(Exception):
    """An expression that DynamoDB would refuse as a mistake."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an expression is about.

    Attributes:
        item: the item as it is; empty where there is none.
        names: what stands for `#name`.
        values: what stands for `:value`.
    """

    item: Attributes
    names: Mapping[str, str] = field(default_factory=dict)
    values: Attributes = field(default_factory=dict)

    def path(self, token: str) -> str:
        """The attribute that a token names."""
        return self.names[token] if token.startswith("#") else token

    def value(self, token: str) -> Attribute | None:
        """The attribute that a token stands for; None where the item has none."""
        return self.values[token] if token.startswith(":") else self.item.get(self.path(token))


type Condition = Callable[[Scene], bool]
type _Operand = Callable[[Scene], Attribute | None]


def holds(expression: str, scene: Scene) -> bool:
    """Whether a condition holds; an empty one always does.

    Raises:
        Malformed: it is none.
    """
    return not expression or _condition(expression)(scene)


def updated(expression: str, scene: Scene) -> dict[str, Attribute]:
    """The item after an update.

    Raises:
        Malformed: the expression is none, or adds to what is neither number nor set.
    """
    after = dict(scene.item)
    for verb, path, operand in _update(expression):
        name = scene.path(path)
        match verb:
            case "SET":
                value = operand(scene)
                if value is None:
                    raise Malformed(f"There is nothing to set {name} to.")
                after[name] = value
            case "ADD":
                after[name] = _added(after.get(name), operand(scene))
            case "DELETE":
                _take_out(after, name, operand(scene))
            case _:
                after.pop(name, None)
    return after


def _added(had: Attribute | None, more: Attribute | None) -> Attribute:
    if more is None:
        raise Malformed("There is nothing to add.")
    ((kind, value),) = more.items()
    if kind == "N":
        return {"N": _sum(str((had or {"N": "0"}).get("N")), str(value))}
    if kind not in _SETS or (had is not None and kind not in had):
        raise Malformed(f"A {kind} is not added to {list(had or {})}.")
    return {kind: _union(had[kind] if had else (), value)}


def _sum(one: str, other: str) -> str:
    try:
        return str(int(one) + int(other))
    except ValueError:
        return f"{Decimal(one) + Decimal(other):f}"


def _union(one: object, other: object) -> list[object]:
    return list(dict.fromkeys([*_listed(one), *_listed(other)]))


def _take_out(item: dict[str, Attribute], name: str, less: Attribute | None) -> None:
    ((kind, value),) = (less or {}).items()
    gone = set(_listed(value))
    left = [each for each in _listed(item.get(name, {}).get(kind, ())) if each not in gone]
    item.pop(name, None)
    if left:
        item[name] = {kind: left}


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) else ()


def _plain(attribute: Attribute | None) -> object:
    """A typed attribute as something that compares as DynamoDB does; its kind comes first."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return kind, Decimal(str(value)) if kind == "N" else value


def _tokens(expression: str) -> list[str]:
    if len(expression) > EXPRESSION_BYTES:
        raise Malformed("The expression has more than 4 KB.")
    tokens: list[str] = []
    at = 0
    while at < len(expression.rstrip()):
        found = _TOKEN.match(expression, at)
        if found is None:
            raise Malformed(f"Nothing can begin with {expression[at:]!r}.")
        tokens.append(found[1])
        at = found.end()
    return tokens


@lru_cache(maxsize=1024)
def _condition(expression: str) -> Condition:
    reading = _Reading(_tokens(expression))
    found = reading.either()
    reading.end()
    return found


@lru_cache(maxsize=1024)
def _update(expression: str) -> tuple[tuple[str, str, _Operand], ...]:
    reading = _Reading(_tokens(expression))
    steps = tuple(reading.update())
    if len(steps) > EXPRESSION_OPERATORS:
        raise Malformed(f"The expression has more than {EXPRESSION_OPERATORS} operators.")
    return steps


class _Reading:
    """An expression that is read from left to right."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise Malformed(f"Nothing may follow before {self._tokens[self._at]!r}.")

    def update(self) -> list[tuple[str, str, _Operand]]:
        steps: list[tuple[str, str, _Operand]] = []
        while self._at < len(self._tokens):
            verb = self._next().upper()
            if verb not in _CLAUSES:
                raise Malformed(f"{verb} is no clause of an update.")
            steps.append(self._step(verb))
            while self._take(","):
                steps.append(self._step(verb))
        return steps

    def either(self) -> Condition:
        found = self._both()
        while self._take("OR"):
            found = _any(found, self._both())
        return found

    def _both(self) -> Condition:
        found = self._one()
        while self._take("AND"):
            found = _all(found, self._one())
        return found

    def _one(self) -> Condition:
        if self._take("NOT"):
            inner = self._one()
            return lambda scene: not inner(scene)
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        return self._test()

    def _test(self) -> Condition:
        name = self._next()
        if self._peek() == "(" and name in _TESTS:
            path, *rest = self._arguments()
            return _TESTS[name](path, rest)
        left = self._operand(name)
        verb = self._next()
        if verb.upper() == "BETWEEN":
            low = self._operand(self._next())
            self._expect("AND")
            return _between(left, low, self._operand(self._next()))
        if verb not in _COMPARED:
            raise Malformed(f"{verb} compares nothing.")
        return _compared(verb, left, self._operand(self._next()))

    def _step(self, verb: str) -> tuple[str, str, _Operand]:
        path = self._next()
        if verb == "REMOVE":
            return verb, path, lambda _scene: None
        if verb == "SET":
            self._expect("=")
        return verb, path, self._summed(self._operand(self._next()))

    def _summed(self, left: _Operand) -> _Operand:
        if self._take("+"):
            right = self._operand(self._next())
            return lambda scene: _added(left(scene), right(scene))
        return left

    def _operand(self, name: str) -> _Operand:
        if name == "size":
            (path,) = self._arguments()
            return lambda scene: _size(scene.value(path))
        if name == "if_not_exists":
            path, otherwise = self._arguments()
            return lambda scene: scene.value(path) or scene.value(otherwise)
        return lambda scene: scene.value(name)

    def _arguments(self) -> list[str]:
        self._expect("(")
        found = [self._next()]
        while self._take(","):
            found.append(self._next())
        self._expect(")")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise Malformed("The expression ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        taken = self._peek().upper() == token
        self._at += taken
        return taken

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise Malformed(f"Before {self._peek()!r} there must be {token!r}.")


def _any(one: Condition, other: Condition) -> Condition:
    return lambda scene: one(scene) or other(scene)


def _all(one: Condition, other: Condition) -> Condition:
    return lambda scene: one(scene) and other(scene)


def _compared(verb: str, left: _Operand, right: _Operand) -> Condition:
    compare = _COMPARED[verb]

    def test(scene: Scene) -> bool:
        one, other = _plain(left(scene)), _plain(right(scene))
        if isinstance(one, tuple) and isinstance(other, tuple) and one[0] == other[0]:
            return compare(one[1], other[1])
        return verb == "<>" and one != other

    return test


def _between(left: _Operand, low: _Operand, high: _Operand) -> Condition:
    return _all(_compared(">=", left, low), _compared("<=", left, high))


def _size(attribute: Attribute | None) -> Attribute | None:
    if attribute is None:
        return None
    (value,) = attribute.values()
    return {"N": str(len(value.encode() if isinstance(value, str) else _listed(value)))}


def _contains(path: str, rest: Sequence[str]) -> Condition:
    def test(scene: Scene) -> bool:
        whole, part = scene.value(path), scene.value(rest[0])
        if whole is None or part is None:
            return False
        ((kind, value), (inner,)) = next(iter(whole.items())), part.values()
        return (
            str(inner) in str(value)
            if kind == "S"
            else any(_same(kind, each, inner) for each in _listed(value))
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


_TESTS: Final[Mapping[str, Callable[[str, Sequence[str]], Condition]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _absent,
    "begins_with": _begins,
    "contains": _contains,
}
