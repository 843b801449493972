"""DynamoDB's condition and update expressions, as far as Cairn writes them.

Grammar: *Expressions in DynamoDB* of the Amazon DynamoDB Developer Guide, for top-level
attributes. A condition is compiled once by its text, then asked of many items.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from infra.inprocess.attributes import Attribute, Malformed, Scene, added, size, take_out
from infra.inprocess.comparisons import (
    COMPARED,
    TESTS,
    Condition,
    Operand,
    between,
    both,
    compared,
    either,
)

EXPRESSION_BYTES: Final = 4 * 1024
EXPRESSION_OPERATORS: Final = 300
"""What one expression may have at most."""

_TOKEN: Final = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])")
_CLAUSES: Final = frozenset({"SET", "ADD", "REMOVE", "DELETE"})


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
                after[name] = added(after.get(name), operand(scene))
            case "DELETE":
                take_out(after, name, operand(scene))
            case _:
                after.pop(name, None)
    return after


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
def _update(expression: str) -> tuple[tuple[str, str, Operand], ...]:
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

    def update(self) -> list[tuple[str, str, Operand]]:
        steps: list[tuple[str, str, Operand]] = []
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
            found = either(found, self._both())
        return found

    def _both(self) -> Condition:
        found = self._one()
        while self._take("AND"):
            found = both(found, self._one())
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
        if self._peek() == "(" and name in TESTS:
            path, *rest = self._arguments()
            return TESTS[name](path, rest)
        left = self._operand(name)
        verb = self._next()
        if verb.upper() == "BETWEEN":
            low = self._operand(self._next())
            self._expect("AND")
            return between(left, low, self._operand(self._next()))
        if verb not in COMPARED:
            raise Malformed(f"{verb} compares nothing.")
        return compared(verb, left, self._operand(self._next()))

    def _step(self, verb: str) -> tuple[str, str, Operand]:
        path = self._next()
        if verb == "REMOVE":
            return verb, path, lambda _scene: None
        if verb == "SET":
            self._expect("=")
        return verb, path, self._summed(self._operand(self._next()))

    def _summed(self, left: Operand) -> Operand:
        if self._take("+"):
            right = self._operand(self._next())
            return lambda scene: added(left(scene), right(scene))
        return left

    def _operand(self, name: str) -> Operand:
        if name == "size":
            (path,) = self._arguments()
            return lambda scene: size(scene.value(path))
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
