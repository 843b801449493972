"""Turns a condition's document into closures, once.

Grammar (GrowthBook SDK specification 0.8, after MongoDB's queries):

    document  = { "$and" | "$or" | "$nor": [document…], "$not": document, path: value… }
    value     = { operator: operand… }   where all keys begin with `$`, and there is one
              | any JSON value           equality
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from cairn.conditions.bounds import check_bounds
from cairn.conditions.comparison import equal_to
from cairn.conditions.logic import all_of, any_of, complement, none_of
from cairn.conditions.membership import Members
from cairn.conditions.model import (
    Attributes,
    Check,
    Condition,
    ConditionError,
    Groups,
    Test,
)
from cairn.conditions.operators import LEAVES, Operator
from cairn.conditions.paths import reader
from cairn.conditions.site import Notes, Site
from cairn.platform.errors import Violation
from cairn.platform.json_numbers import UNHELD, unheld

_NO_GROUPS: Groups = {}
_NOTHING_KNOWN: Attributes = {}


def compile_condition(
    document: JsonValue, *, groups: Groups = _NO_GROUPS, strict: bool = True
) -> Condition:
    """Compiles a condition.

    Strict is for what is about to be published: everything doubtful is refused, all at once.
    Lenient is for evaluating what others published: a malformed piece, an unknown operator or an
    invalid pattern never holds, as the specification wants it.

    Args:
        document: the condition as JSON.
        groups: the saved groups that `$inGroup` and `$notInGroup` may name.
        strict: whether doubtful pieces are errors.

    Raises:
        ConditionError: too deep or too large, or, where strict, doubtful.
    """
    check_bounds(document)
    notes = Notes({name: Members.of(values) for name, values in groups.items()})
    test = _document(document, Site(notes))
    violations = [*notes.violations, *_of_numbers(document)] if strict else []
    if violations:
        raise ConditionError(violations)
    return Condition(matches=test, paths=frozenset(notes.paths))


def _of_numbers(document: JsonValue) -> Iterator[Violation]:
    return (Violation(at, "condition.number_range", UNHELD) for at in unheld(document))


def _document(document: JsonValue, site: Site) -> Test:
    if not isinstance(document, dict):
        return site.refuse("not_an_object", "a condition is an object")
    return all_of([_entry(key, value, site.at(key)) for key, value in document.items()])


def _entry(key: str, value: JsonValue, site: Site) -> Test:
    if key == "$not":
        return complement(_document(value, site))
    if key in _JOINERS:
        return _joined(_JOINERS[key], value, site)
    return _attribute(key, value, site)


def _joined(join: Callable[[Sequence[Test]], Test], value: JsonValue, site: Site) -> Test:
    if not isinstance(value, list):
        return site.refuse("not_a_list", "the operator takes a list of conditions")
    return join([_document(item, site.at(index)) for index, item in enumerate(value)])


def _attribute(path: str, value: JsonValue, site: Site) -> Test:
    if path.startswith("$"):
        site.object_to("unknown_operator", f"{path} is not an operator between conditions")
    if not all(path.split(".")):
        site.object_to("empty_path", "a path has no empty segments")
    site.reads(path)
    check = _value(value, site)
    return _at(path, value) or _read(path, check)


def _read(path: str, check: Check) -> Test:
    match path.split("."):
        case [_]:
            return lambda attributes: check(attributes.get(path))
        case [first, second]:
            return _within(first, second, check)
    read = reader(path)
    return lambda attributes: check(read(attributes))


def _within(first: str, second: str, check: Check) -> Test:
    """A check of what most paths lead to, without a function more for reading it."""

    def test(attributes: Attributes) -> bool:
        outer = attributes.get(first)
        return check(outer.get(second) if isinstance(outer, dict) else None)

    return test


def _at(path: str, value: JsonValue) -> Test | None:
    """The most usual conditions in one function each: what a text or a switch is, or is among."""
    match path.split("."), value:
        case [first, second], str() as text:
            return _text_within(first, second, text)
        case [_], None | True | False:
            return lambda attributes: attributes.get(path) is value
        case [_], str():
            return lambda attributes: attributes.get(path) == value
        case [_], {"$in": list() as listed, **others} if not others:
            return Members.of(listed).at(path)
        case _:
            return None


def _text_within(first: str, second: str, text: str) -> Test:
    def test(attributes: Attributes) -> bool:
        outer = attributes.get(first)
        return isinstance(outer, dict) and outer.get(second) == text

    return test


def _value(value: JsonValue, site: Site) -> Check:
    if not isinstance(value, dict) or not _is_operators(value):
        _object_to_mixed_keys(value, site)
        return equal_to(value)
    return all_of([_operation(key, operand, site.at(key)) for key, operand in value.items()])


def _is_operators(value: Mapping[str, JsonValue]) -> bool:
    return bool(value) and all(key.startswith("$") for key in value)


def _object_to_mixed_keys(value: JsonValue, site: Site) -> None:
    if isinstance(value, dict) and any(key.startswith("$") for key in value):
        site.object_to("mixed_keys", "operators and plain keys cannot be mixed in one object")


def _operation(name: str, operand: JsonValue, site: Site) -> Check:
    compile_operand = LEAVES.get(name) or _NESTING.get(name)
    if compile_operand is None:
        return site.refuse("unknown_operator", f"{name} is not an operator")
    return compile_operand(operand, site)


def _not(operand: JsonValue, site: Site) -> Check:
    return complement(_value(operand, site))


def _size(operand: JsonValue, site: Site) -> Check:
    check = _value(operand, site)
    return lambda actual: isinstance(actual, list) and check(len(actual))


def _element(operand: JsonValue, site: Site) -> Check:
    check = _element_check(operand, site.element())
    return lambda actual: (
        isinstance(actual, list) and any(item is not None and check(item) for item in actual)
    )


def _element_check(operand: JsonValue, site: Site) -> Check:
    if isinstance(operand, dict) and _is_operators(operand):
        return _value(operand, site)
    test = _document(operand, site)
    return lambda item: test(item if isinstance(item, dict) else _NOTHING_KNOWN)


def _every(*, fold: bool = False) -> Operator:
    def compile_every(operand: JsonValue, site: Site) -> Check:
        if not isinstance(operand, list):
            return site.refuse("not_a_list", "the operator takes a list of values")
        wanted = [_wanted(item, site.at(index), fold=fold) for index, item in enumerate(operand)]
        return lambda actual: (
            isinstance(actual, list) and all(any(map(check, actual)) for check in wanted)
        )

    return compile_every


def _wanted(value: JsonValue, site: Site, *, fold: bool) -> Check:
    if not fold or not isinstance(value, str):
        return _value(value, site)
    folded = value.lower()
    return lambda item: isinstance(item, str) and item.lower() == folded


_JOINERS: Mapping[str, Callable[[Sequence[Test]], Test]] = {
    "$and": all_of,
    "$or": any_of,
    "$nor": none_of,
}

_NESTING: Mapping[str, Operator] = {
    "$not": _not,
    "$size": _size,
    "$elemMatch": _element,
    "$all": _every(),
    "$alli": _every(fold=True),
}
