"""DynamoDB in the few shapes that stores need.

Items are plain mappings of `str`, `int`, `float`, `bool`, `bytes`, `None` and sets of `bytes`;
structured values are kept as one JSON string attribute named `body`, written by their pydantic
model.
"""

from cairn.platform.dynamo.actions import (
    NEW,
    Action,
    Condition,
    Delete,
    Index,
    Item,
    Key,
    Page,
    Put,
    Update,
    Value,
)
from cairn.platform.dynamo.client import TRANSACTION_LIMIT, Address, Dynamo
from cairn.platform.dynamo.faults import ConditionFailed

__all__ = [
    "NEW",
    "TRANSACTION_LIMIT",
    "Action",
    "Address",
    "Condition",
    "ConditionFailed",
    "Delete",
    "Dynamo",
    "Index",
    "Item",
    "Key",
    "Page",
    "Put",
    "Update",
    "Value",
]
