"""The whole API as one OpenAPI 3.1 document, generated from the code's models.

The console's own operations are told by FastAPI, those of the other functions by the table in
`operations.py`; all refer to the same components.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from cairn.flags.documents import FlagDocument
from functions.console.declared import Problem
from functions.console.docstrings import documented, told
from functions.console.flag_asking import Rollout
from functions.console.operations import ELSEWHERE
from functions.console.schemas import Json, Schemas, described

VERSION: Final = "1.0.0"

SUMMARY: Final = "Decides what each visitor sees next, and proves that it was right to show it."

DESCRIPTION: Final = (
    "Every answer carries `traceparent`. Every error is RFC 9457 problem details, "
    "save those of OFREP, which are that protocol's own."
)

TAKEN: Final = (FlagDocument, Rollout)
"""Bodies that the console reads by itself (see `body_of`)."""

TAGS: Final = {
    "decisions": "What a visitor sees next, and why.",
    "sessions": "Visits, which can be resumed.",
    "events": "What visitors did.",
    "flags": "OpenFeature Remote Evaluation Protocol 0.3, and the management of flags.",
    "experiments": "Experiments and their results.",
    "metrics": "What was counted.",
    "traces": "Where requests spent their time.",
    "health": "How Cairn is doing.",
    "description": "This document.",
}

SECURITY_SCHEMES: Final = {
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "Publishable keys only, for `navigator.sendBeacon`.",
    },
}


@cache
def document(console: FastAPI) -> str:
    """The document as JSON, over the console's own routes and those of all others."""
    whole = _own(console)
    schemas = Schemas(ELSEWHERE, [Problem], TAKEN)
    for operation in ELSEWHERE:
        method, _, path = operation.route.replace("+}", "}").partition(" ")
        whole["paths"].setdefault(path, {})[method.lower()] = described(operation, schemas)
    components = whole["components"]
    own = documented(components["schemas"], _answers(console))
    components["schemas"] = told({**own, **schemas.definitions})
    components["securitySchemes"] = SECURITY_SCHEMES
    return json.dumps(whole)


def _answers(console: FastAPI) -> Iterator[object]:
    """What the console's own operations answer."""
    for route in console.routes:
        if isinstance(route, APIRoute):
            yield route.response_model


def _own(console: FastAPI) -> Json:
    return get_openapi(
        title="Cairn",
        version=VERSION,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=console.routes,
        servers=[{"url": "/"}],
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
    )
