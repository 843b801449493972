"""What operations declare of themselves for the API's description."""

from typing import Any, Final

from pydantic import BaseModel

from cairn.platform.http import PROBLEM_JSON

SECRET_KEY: Final[list[dict[str, list[str]]]] = [{"header": []}, {"bearer": []}]
"""Ways to show a secret key."""

ANY_KEY: Final[list[dict[str, list[str]]]] = [*SECRET_KEY, {"query": []}]
"""Ways to show a publishable key; `?key=` is for `navigator.sendBeacon`."""

KEY_OPTIONAL: Final[dict[str, Any]] = {"security": [{}, *SECRET_KEY]}  # Any: FastAPI's own type
KEY_NEEDED: Final[dict[str, Any]] = {"security": SECRET_KEY}  # Any: FastAPI's own type
PUBLIC: Final[dict[str, Any]] = {"security": []}  # Any: FastAPI's own type

REFUSALS: Final = {
    400: "The request is invalid.",
    401: "No API key was sent, or it is unknown.",
    403: "The key lacks the scope, or may not be used from this origin.",
    404: "Not found in this workspace.",
    409: "Somebody else changed it first.",
    412: "It has changed since the version that `If-Match` names.",
    413: "The body is too large.",
    415: "The content type is not supported.",
    422: "The request is understood, but cannot be carried out.",
    428: "`If-Match` is required.",
    503: "A dependency is down or throttled; `Retry-After` says when to retry.",
}
"""When an operation refuses, by status."""

OTHERWISE: Final = "Any other error, such as 429 from the gateway or 500 for a fault of Cairn's."


class Fault(BaseModel):
    """One broken rule of an input.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the offending value; empty for the whole document.
        code: stable name of the rule.
        detail: one English sentence.
    """

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """A refusal as RFC 9457 problem details.

    Attributes:
        code: stable, machine-readable name of the problem.
        trace_id: names the invocation in logs and traces.
        errors: of refused input, each broken rule.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    trace_id: str
    errors: list[Fault] | None = None


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:  # Any: FastAPI's own type
    """The declared refusals of an operation, with the rest under `default`."""
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    declared: dict[int | str, dict[str, Any]] = {  # Any: FastAPI's own type
        status: {"description": REFUSALS[status], "content": problem} for status in statuses
    }
    return declared | {"default": {"description": OTHERWISE, "content": problem}}
