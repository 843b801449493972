"""What comes with a request that changes something: its body, and how it is to be carried out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from cairn.platform.http import JSON, parsed

BODY_BYTES: Final = 300 * 1024
"""Bytes of a body; a document may have as many."""


@dataclass(frozen=True, slots=True)
class Sent[Model: BaseModel]:
    """A body.

    Attributes:
        value: as it is understood.
        raw: as it came.
    """

    value: Model
    raw: bytes


def body_of[Model: BaseModel](
    model: type[Model],
) -> Callable[[Request], Awaitable[Sent[Model]]]:
    """A dependency: the body, read as everywhere else in Cairn.

    FastAPI would let `NaN` and bodies of any size pass.
    """

    async def read(request: Request) -> Sent[Model]:
        raw = await request.body()
        return Sent(parsed(raw, model, limit_bytes=BODY_BYTES), raw)

    return read


def takes(model: type[BaseModel], example: Any) -> dict[str, Any]:  # noqa: ANN401  # FastAPI's own type
    """How an operation tells of its body, where it reads it by `body_of`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {JSON: {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


class Manner(BaseModel):
    """How a change is to be carried out."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[bool, Field(description="Show what would change, and publish nothing.")] = (
        False
    )


class SwitchManner(Manner):
    """How a switch is to be thrown."""

    environment: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
            description="Only in this environment; in all of them by default.",
        ),
    ] = None


type IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=1_000, description="The `ETag` that the caller last saw."),
]
type Carried = Annotated[Manner, Query()]
type CarriedSwitch = Annotated[SwitchManner, Query()]
