"""DynamoDB's typed attributes and request shapes, from and to plain values."""

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cairn.platform.dynamo.actions import Action, Condition, Delete, Item, Key, Put, Update, Value

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef


def encode_key(key: Key) -> "dict[str, AttributeValueTypeDef]":
    """A primary key as typed attributes."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def encode(item: Item) -> "dict[str, AttributeValueTypeDef]":
    """Plain values as typed attributes."""
    return {name: _encode(value) for name, value in item.items()}


def decode(item: "Mapping[str, AttributeValueTypeDef]") -> Item:
    """Typed attributes as plain values; numbers become int where they can."""
    return {
        name: _number(attribute["N"]) if "N" in attribute else _decode(attribute)
        for name, attribute in item.items()
    }


def encode_action(action: Action) -> "TransactWriteItemTypeDef":
    """An action as a member of TransactWriteItems."""
    match action:
        case Put(table, item, condition):
            put: dict[str, object] = {"TableName": table, "Item": encode(item)}
            return {"Put": put | _conditional(condition, {}, {})}  # type: ignore[typeddict-item]  # built to its shape
        case Delete(table, key):
            return {"Delete": {"TableName": table, "Key": encode_key(key)}}
        case Update():
            return {"Update": _encode_update(action)}  # type: ignore[typeddict-item]  # built to its shape


def sort_clause(
    prefix: str, between: tuple[str, str] | None, sort: str = "sk"
) -> tuple[str, dict[str, str]]:
    """The sort-key part of a key condition, with its values."""
    if between is not None:
        return f" AND {sort} BETWEEN :low AND :high", {":low": between[0], ":high": between[1]}
    if prefix:
        return f" AND begins_with({sort}, :prefix)", {":prefix": prefix}
    return "", {}


def _encode(value: Value) -> "AttributeValueTypeDef":
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case frozenset():
            return {"BS": sorted(value)}


def _decode(attribute: "AttributeValueTypeDef") -> Value:
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "B":
            return _bytes(value)
        case "BS":
            return frozenset(map(_bytes, value))  # type: ignore[call-overload]  # a BS is a list
        case _:
            return value  # type: ignore[return-value]  # S and BOOL are themselves


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _bytes(value: object) -> bytes:
    """A binary value, which plain JSON has in base64."""
    return b64decode(value) if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]  # bytes or what has them


def _encode_update(action: Update) -> dict[str, object]:
    names: dict[str, str] = {}
    values: dict[str, Value] = {}
    clauses: list[str] = []
    for verb, glue, pairs in (("SET", " = ", action.put), ("ADD", " ", action.add)):
        terms = []
        for name, value in pairs.items():
            number = len(names)
            names[f"#n{number}"], values[f":v{number}"] = name, value
            terms.append(f"#n{number}{glue}:v{number}")
        if terms:
            clauses.append(f"{verb} {', '.join(terms)}")
    return {
        "TableName": action.table,
        "Key": encode_key(action.key),
        "UpdateExpression": " ".join(clauses),
    } | _conditional(action.condition, names, values)


def _conditional(
    condition: Condition | None, names: Mapping[str, str], values: Item
) -> dict[str, object]:
    request: dict[str, object] = {}
    if condition is not None:
        request["ConditionExpression"] = condition.expression
        names = {**names, **condition.names}
        values = {**values, **condition.values}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = encode(values)
    return request
