"""What tables answer to reads, taken as the JSON that it is.

botocore looks up every attribute of every item in its model of the service, which takes many times
as long as reading the JSON (`cairn bench metrics` reads up to thousands of items of many counters).
An item is JSON of one form anyway: an attribute is its type's letter and its value; binary values
are still in base64. Answers that are errors go the usual way.
"""

from typing import Any, Final

from pydantic_core import from_json

READS: Final = ("GetItem", "BatchGetItem", "Query")
OK: Final = 200

type Answer = dict[str, Any]  # Any: as botocore hands it on


def plainly(response_dict: Answer, customized_response_dict: Answer, **_: object) -> None:
    """Reads an answer before botocore does, and leaves nothing of it to read (`before-parse`)."""
    if response_dict["status_code"] == OK:
        customized_response_dict.update(from_json(response_dict["body"]))
        response_dict["body"] = b"{}"
