"""Answers over HTTP: OFREP's with its own error bodies, and features for GrowthBook SDKs."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from cairn.conditions.model import Attributes
from cairn.flags.growthbook.writing import features_json
from cairn.flags.ofrep import ErrorCode, EvaluationFailure, EvaluationSuccess, InvalidContext
from cairn.flags.published import Ruleset
from cairn.flags.remote import answer_all, entity_tag, still_true
from cairn.platform.errors import CairnError, Forbidden, Unauthenticated
from cairn.platform.http import JSON, Response

_STATUSES: Final[Mapping[ErrorCode, HTTPStatus]] = {
    "FLAG_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "GENERAL": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of a failure about one flag; 400 for all others."""


def one_response(answer: EvaluationSuccess | EvaluationFailure) -> Response:
    """The answer for one flag."""
    if isinstance(answer, EvaluationSuccess):
        return Response.of(answer)
    return Response.of(answer, _STATUSES.get(answer.errorCode, HTTPStatus.BAD_REQUEST))


def all_response(ruleset: Ruleset, context: Attributes, if_none_match: str) -> Response:
    """The answer for all flags, or 304 where the client already holds it."""
    tag = entity_tag(ruleset, context)
    if still_true(if_none_match, tag):
        return Response(HTTPStatus.NOT_MODIFIED, headers={"etag": tag})
    return Response.of(answer_all(ruleset, context), etag=tag)


def features_response(ruleset: Ruleset, if_none_match: str) -> Response:
    """All flags as features, or 304; caches may keep them, but ask each time whether they hold."""
    headers = {"etag": f'"{ruleset.version}"', "cache-control": "no-cache"}
    if still_true(if_none_match, headers["etag"]):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(HTTPStatus.OK, features_json(ruleset), {"content-type": JSON, **headers})


def refusal(error: CairnError, key: str | None = None) -> Response:
    """An error as the protocol wants it: 401 and 403 bare, 400 with a code, others with a text."""
    if isinstance(error, Unauthenticated | Forbidden):
        return Response(error.status)
    if isinstance(error, InvalidContext):
        failure = EvaluationFailure(key=key, errorCode=error.error_code, errorDetails=error.detail)
        return Response.of(failure, error.status)
    retry = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
    body = json.dumps({"errorDetails": error.detail})
    return Response(error.status, body, {"content-type": JSON, **retry})
