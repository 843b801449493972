"""Operations of other functions in OpenAPI's words."""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from cairn.platform.http import JSON
from functions.console.declared import refusals
from functions.console.operations import Operation, Shape

type Json = dict[str, Any]  # Any: a JSON document under construction
type Use = tuple[str, JsonSchemaMode]
"""A shape by its name, as it comes in or as it goes out."""

COMPONENTS: Final = "#/components/schemas/{model}"

_PARAMETER: Final = re.compile(r"{(\w+)\+?}")


class Schemas:
    """JSON Schemas of everything that operations take and give, over shared components."""

    def __init__(
        self,
        operations: Sequence[Operation],
        besides: Sequence[type[BaseModel]],
        taken: Sequence[type[BaseModel]],
    ) -> None:
        uses: list[tuple[Shape, JsonSchemaMode]] = [
            *(use for operation in operations for use in _uses(operation)),
            *((model, "serialization") for model in besides),
            *((model, "validation") for model in taken),
        ]
        self._schemas, rest = TypeAdapter.json_schemas(
            [(repr(shape), mode, TypeAdapter(shape)) for shape, mode in uses],
            ref_template=COMPONENTS,
        )
        self.definitions: Json = rest["$defs"]

    def taken(self, shape: Shape) -> Json:
        """The schema of what comes in."""
        return self._schemas[repr(shape), "validation"]

    def given(self, shape: Shape) -> Json:
        """The schema of what goes out."""
        return self._schemas[repr(shape), "serialization"]


def described(operation: Operation, schemas: Schemas) -> Json:
    """An operation object (OpenAPI 3.1, section 4.8.10)."""
    answers = {status: _answer(status, it, schemas) for status, it in operation.gives.items()}
    responses: Json = {
        str(status): each
        for status, each in [*answers.items(), *refusals(*operation.refuses).items()]
    }
    told: Json = {
        "tags": [operation.tag],
        "summary": operation.does,
        "operationId": operation.id,
        "security": operation.security,
        "responses": responses,
    }
    if parameters := _parameters(operation):
        told["parameters"] = parameters
    if operation.takes:
        told["requestBody"] = {"required": True, "content": _bodies(operation, schemas)}
    return told


def _parameters(operation: Operation) -> list[Json]:
    text = {"type": "string"}
    path = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(operation.route)
    ]
    headers = [
        {
            "name": name,
            "in": "header",
            "description": about,
            "schema": {**text, "format": "date-time"} if name in operation.times else text,
        }
        for name, about in operation.headers.items()
    ]
    return [*path, *headers]


def _uses(operation: Operation) -> Iterator[tuple[Shape, JsonSchemaMode]]:
    yield from ((shape, "validation") for shape in operation.takes.values())
    yield from ((shape, "serialization") for shape in operation.gives.values() if shape)


def _answer(status: int, shape: Shape | None, schemas: Schemas) -> Json:
    answer: Json = {"description": HTTPStatus(status).phrase}
    if shape is not None:
        answer["content"] = {JSON: {"schema": schemas.given(shape)}}
    return answer


def _bodies(operation: Operation, schemas: Schemas) -> Json:
    bodies: Json = {
        name: {"schema": schemas.taken(shape)} for name, shape in operation.takes.items()
    }
    bodies[JSON]["example"] = operation.example
    return bodies
