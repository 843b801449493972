"""Laws of the condition language, over generated documents and attributes."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Attributes, ConditionError
from cairn.conditions.operators import LEAVES
from cairn.conditions.versions import padded


def joined(operator: str, conditions: list[JsonValue]) -> JsonValue:
    return {operator: conditions}


def negated(condition: JsonValue) -> JsonValue:
    return {"$not": condition}


NAMES = st.sampled_from(["a", "b", "a.b", "tags"])
TEXTS = st.text("aAbB019.-+v $\u0663\ud800", max_size=6)
SCALARS: st.SearchStrategy[JsonValue] = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES: st.SearchStrategy[Attributes] = st.dictionaries(NAMES, VALUES, max_size=4)
RELEASES = st.lists(st.integers(0, 99_999), min_size=3, max_size=3)
OPERATORS = st.sampled_from([*LEAVES, "$not", "$size", "$elemMatch", "$all", "$alli", "$unknown"])
OPERATIONS = st.dictionaries(OPERATORS, VALUES, min_size=1, max_size=3)
DOCUMENTS: st.SearchStrategy[JsonValue] = st.recursive(
    st.dictionaries(NAMES, VALUES | OPERATIONS, max_size=3),
    lambda inner: (
        st.builds(joined, st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3))
        | st.builds(negated, inner)
    ),
    max_leaves=6,
)


def decide(document: JsonValue, attributes: Attributes) -> bool:
    return compile_condition(document, strict=False).matches(attributes)


@given(DOCUMENTS, ATTRIBUTES)
def test_matching_never_raises_and_always_gives_a_boolean(
    document: JsonValue, attributes: Attributes
) -> None:
    assert type(decide(document, attributes)) is bool


@given(VALUES, ATTRIBUTES)
def test_any_json_value_compiles_leniently(document: JsonValue, attributes: Attributes) -> None:
    assert type(decide(document, attributes)) is bool


@given(DOCUMENTS, ATTRIBUTES)
def test_not_is_the_complement(document: JsonValue, attributes: Attributes) -> None:
    assert decide(negated(document), attributes) is not decide(document, attributes)


@given(NAMES, OPERATIONS, ATTRIBUTES)
def test_not_over_a_value_is_the_complement(
    path: str, operations: dict[str, JsonValue], attributes: Attributes
) -> None:
    plain = decide({path: operations}, attributes)
    assert decide({path: {"$not": operations}}, attributes) is not plain


@given(st.lists(DOCUMENTS, min_size=1, max_size=3), ATTRIBUTES)
def test_the_joiners_obey_de_morgan(documents: list[JsonValue], attributes: Attributes) -> None:
    opposites = [negated(document) for document in documents]
    assert decide({"$nor": documents}, attributes) is decide({"$and": opposites}, attributes)
    assert decide({"$or": documents}, attributes) is not decide({"$and": opposites}, attributes)


@given(st.lists(SCALARS, max_size=4), VALUES)
def test_in_and_nin_are_complements_with_and_without_case(
    members: list[JsonValue], actual: JsonValue
) -> None:
    for one, other in (("$in", "$nin"), ("$ini", "$nini")):
        inside = decide({"a": {one: members}}, {"a": actual})
        assert decide({"a": {other: members}}, {"a": actual}) is not inside


@given(VALUES)
def test_every_value_equals_itself_save_not_a_number(value: JsonValue) -> None:
    assert decide({"a": {"$eq": value}}, {"a": value}) is not decide(
        {"a": {"$ne": value}}, {"a": value}
    )
    if "nan" not in repr(value):
        assert decide({"a": {"$eq": value}}, {"a": value})


@given(DOCUMENTS)
def test_what_compiles_strictly_decides_the_same_as_leniently(
    document: JsonValue,
) -> None:
    try:
        strict = compile_condition(document)
    except ConditionError as error:
        assert all(each.pointer.startswith("/") for each in error.violations)  # noqa: PT017  # both ways are law
        return
    attributes: Attributes = {"a": {"b": 1}, "tags": ["x"]}
    assert strict.matches(attributes) is decide(document, attributes)


@given(ATTRIBUTES, ATTRIBUTES, DOCUMENTS)
def test_only_the_named_paths_matter(
    attributes: Attributes, noise: Attributes, document: JsonValue
) -> None:
    condition = compile_condition(document, strict=False)
    roots = {path.split(".")[0] for path in condition.paths}
    changed = {**{key: noise[key] for key in noise.keys() - roots}, **attributes}
    assert condition.matches(changed) is condition.matches(attributes)


@given(
    st.lists(st.integers(0, 99_999), min_size=3, max_size=3),
    st.lists(st.integers(0, 99_999), min_size=3, max_size=3),
)
def test_releases_sort_as_their_numbers(left: list[int], right: list[int]) -> None:
    def version(numbers: list[int]) -> str:
        return padded(".".join(map(str, numbers)))

    assert (version(left) < version(right)) is (left < right)
