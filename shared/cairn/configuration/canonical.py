"""The one form in which a document's content is kept."""

from typing import Final

from pydantic import BaseModel

MAX_BODY_BYTES: Final = 300 * 1024
"""What fits into one item of the config table, with room to spare."""


def canonical_json(model: BaseModel) -> str:
    """The one JSON of a document's content: what was written, defaults left out.

    So that the same document keeps its digest when a later Cairn knows more fields.

    Raises:
        PydanticSerializationError: a text in it is no Unicode.
    """
    return model.model_dump_json(exclude_unset=True, by_alias=True)
