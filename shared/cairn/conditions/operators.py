"""The operators that look at one value and contain no condition of their own."""

import operator
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from cairn.conditions.comparison import Order, equal_to, in_order
from cairn.conditions.logic import complement
from cairn.conditions.membership import Members
from cairn.conditions.model import Check
from cairn.conditions.patterns import PatternError, search
from cairn.conditions.site import Site
from cairn.conditions.versions import TextOrder, version_in_order

type Operator = Callable[[JsonValue, Site], Check]
"""Compiles an operator's operand, found at a site, into a check."""

_TYPE_NAMES: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _equal(operand: JsonValue, _: Site) -> Check:
    return equal_to(operand)


def _not_equal(operand: JsonValue, _: Site) -> Check:
    return complement(equal_to(operand))


def _ordered(order: Order) -> Operator:
    def compile_order(operand: JsonValue, site: Site) -> Check:
        if isinstance(operand, bool) or not isinstance(operand, str | int | float):
            site.object_to("not_comparable", "only numbers and strings can be compared by size")
        return in_order(order, operand)

    return compile_order


def _version(order: TextOrder) -> Operator:
    def compile_version(operand: JsonValue, site: Site) -> Check:
        if not isinstance(operand, str) or not operand:
            site.object_to("not_a_version", 'a version is a string such as "1.2.3"')
        return version_in_order(order, operand)

    return compile_version


def _listed(*, negated: bool = False, fold: bool = False) -> Operator:
    def compile_list(operand: JsonValue, site: Site) -> Check:
        if not isinstance(operand, list):
            return site.refuse("not_a_list", "the operator takes a list of values")
        members = Members.of(operand, fold=fold)
        return members.miss if negated else members.meet

    return compile_list


def _grouped(*, negated: bool = False) -> Operator:
    def compile_group(operand: JsonValue, site: Site) -> Check:
        members = site.notes.groups.get(operand) if isinstance(operand, str) else None
        if members is None:
            site.object_to("unknown_group", f"there is no saved group {operand!r}")
            members = Members.of(())
        return members.miss if negated else members.meet

    return compile_group


def _pattern(*, negated: bool = False, ignore_case: bool = False) -> Operator:
    def compile_pattern(operand: JsonValue, site: Site) -> Check:
        if not isinstance(operand, str):
            return site.refuse("not_a_pattern", "a pattern is a string")
        try:
            found = search(operand, ignore_case=ignore_case)
        except PatternError as error:
            return site.refuse("invalid_pattern", str(error))
        return lambda actual: (isinstance(actual, str) and found(actual)) is not negated

    return compile_pattern


def _exists(operand: JsonValue, site: Site) -> Check:
    if not isinstance(operand, bool):
        site.object_to("not_a_boolean", "$exists takes true or false")
    expected = bool(operand)
    return lambda actual: (actual is not None) is expected


def _type(operand: JsonValue, site: Site) -> Check:
    if operand not in _TYPE_NAMES.values():
        return site.refuse("unknown_type", "$type takes one of the names of the JSON types")
    return lambda actual: _TYPE_NAMES.get(type(actual)) == operand


LEAVES: Mapping[str, Operator] = {
    "$eq": _equal,
    "$ne": _not_equal,
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$in": _listed(),
    "$nin": _listed(negated=True),
    "$ini": _listed(fold=True),
    "$nini": _listed(negated=True, fold=True),
    "$inGroup": _grouped(),
    "$notInGroup": _grouped(negated=True),
    "$regex": _pattern(),
    "$regexi": _pattern(ignore_case=True),
    "$notRegex": _pattern(negated=True),
    "$notRegexi": _pattern(negated=True, ignore_case=True),
    "$exists": _exists,
    "$type": _type,
    "$veq": _version(operator.eq),
    "$vne": _version(operator.ne),
    "$vlt": _version(operator.lt),
    "$vlte": _version(operator.le),
    "$vgt": _version(operator.gt),
    "$vgte": _version(operator.ge),
}
