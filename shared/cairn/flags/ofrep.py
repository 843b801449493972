"""The words of the OpenFeature Remote Evaluation Protocol, OFREP 0.3.0.

Field names, error codes and the `null` of an absent variant are the protocol's. `DEFAULT` is one
of OpenFeature's reasons that the protocol's own schema leaves out, but its clients know. What is
ours stands where the protocol leaves room: in the metadata, and in one attribute of the context.
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cairn.conditions.model import Attributes
from cairn.flags.model import STICKY_ASSIGNMENTS, TARGETING_KEY, Evaluation, Reason, Sticky
from cairn.flags.sticky import NOTHING_KEPT, kept_under
from cairn.platform.errors import InvalidRequest
from cairn.platform.json_numbers import UNHELD, unheld

CONTEXT_LIMIT_BYTES: Final = 100_000

type Metadata = dict[str, str | bool | int | float]

type ErrorCode = Literal[
    "PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"
]


def _with_text_key(context: dict[str, JsonValue]) -> dict[str, JsonValue]:
    key = context.get(TARGETING_KEY)
    if key is not None and not isinstance(key, str):
        raise ValueError(f"{TARGETING_KEY} is a string")
    return context


def _with_sticky(context: dict[str, JsonValue]) -> dict[str, JsonValue]:
    kept = context.get(STICKY_ASSIGNMENTS)
    if kept is not None and not _is_sticky(kept):
        raise ValueError(f"{STICKY_ASSIGNMENTS} are variations by assignment by subject")
    return context


def _with_numbers(context: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for at in unheld(context):
        raise ValueError(f"{at}: {UNHELD}")
    return context


def _is_sticky(kept: JsonValue) -> bool:
    return isinstance(kept, dict) and all(
        isinstance(each, dict) and all(isinstance(name, str) for name in each.values())
        for each in kept.values()
    )


class EvaluationRequest(BaseModel):
    """What a client sends, for one flag or for all.

    Attributes:
        context: what is known of the subject; `targetingKey` is needed by rules that place
            subjects, and only by them. `stickyAssignments` are those that the client kept:
            variations by `<experiment>__<bucket version>` by `<attribute>||<value>`.
    """

    context: Annotated[
        dict[str, JsonValue],
        AfterValidator(_with_numbers),
        AfterValidator(_with_text_key),
        AfterValidator(_with_sticky),
    ]


class EvaluationSuccess(BaseModel):
    """What a flag is.

    Attributes:
        metadata: the document's `version` and, where one decided, the `rule`; where that placed
            the subject, the `bucket`. Where an experiment did: `experiment` and `variation`; of a
            sticky one also `sticky`, whether the variation was kept from before, and where a
            client that keeps such things puts it: under `stickySubject`, as `stickyAssignment`.
            Holdouts that let the subject pass stand in `held`, as `experiment=variation`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    key: str
    reason: Reason
    value: JsonValue
    variant: str | None
    metadata: Metadata


class EvaluationFailure(BaseModel):
    """Why a flag has no value; without a key, why none has."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    key: str | None = Field(default=None, exclude_if=lambda key: key is None)
    errorCode: ErrorCode  # noqa: N815  # the protocol's name
    errorDetails: str  # noqa: N815  # the protocol's name


class BulkEvaluation(BaseModel):
    """What all flags are.

    Attributes:
        metadata: `version` stands for the content of all flags.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    flags: list[EvaluationSuccess | EvaluationFailure]
    metadata: Metadata


class InvalidContext(InvalidRequest):
    """A request without a usable context."""

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(detail, code=f"flags.{code.lower()}")
        self.error_code = code


def context_of(body: bytes) -> Attributes:
    """The evaluation context of a request.

    Raises:
        InvalidContext: the body is too large, is no JSON, or has no usable context.
    """
    if len(body) > CONTEXT_LIMIT_BYTES:
        raise InvalidContext(
            "INVALID_CONTEXT", f"The body may have at most {CONTEXT_LIMIT_BYTES} bytes."
        )
    try:
        return EvaluationRequest.model_validate_json(body).context
    except ValidationError as error:
        raise _refusal(error) from error


def sticky_of(context: Attributes) -> Sticky:
    """What the client says that its subject was assigned before."""
    kept = context.get(STICKY_ASSIGNMENTS)
    if not isinstance(kept, dict):
        return NOTHING_KEPT
    return {
        subject: {name: str(variation) for name, variation in each.items()}
        for subject, each in kept.items()
        if isinstance(each, dict)
    }


def success(evaluation: Evaluation) -> EvaluationSuccess:
    """An evaluation in the protocol's words."""
    return EvaluationSuccess(
        key=evaluation.flag,
        reason=evaluation.reason,
        value=evaluation.value,
        variant=evaluation.variant,
        metadata=_metadata(evaluation),
    )


def _metadata(evaluation: Evaluation) -> Metadata:
    metadata: Metadata = {"version": evaluation.flag_version}
    if evaluation.rule_id is not None:
        metadata["rule"] = evaluation.rule_id
    if evaluation.bucket is not None:
        metadata["bucket"] = evaluation.bucket
    placed = evaluation.assignment
    if placed is not None:
        metadata["experiment"] = placed.experiment
        metadata["variation"] = placed.variation
        if placed.keep:
            metadata["sticky"] = placed.sticky
            metadata["stickySubject"] = kept_under(placed.by, placed.subject)
            metadata["stickyAssignment"] = placed.keep
    if evaluation.held:
        held = (f"{each.experiment}={each.variation}" for each in evaluation.held)
        metadata["held"] = ",".join(held)
    return metadata


def _refusal(error: ValidationError) -> InvalidContext:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return InvalidContext("PARSE_ERROR", "The body is not JSON.")
    place = "/".join(map(str, first["loc"])) or "body"
    return InvalidContext("INVALID_CONTEXT", f"{place}: {first['msg']}")
