"""What a failure of a provider means, and what a whole call without an answer is called."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from cairn.llm.client import AttemptFailed
from cairn.llm.model import Attempted, ErrorClass, Failure, FailureCode

SITE_OVERLOADED: Final = 529
"""Not in any RFC; what several providers answer when they have no room for anybody."""

CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes of a 429 that no waiting helps against."""

_BY_STATUS: Final[Mapping[int, ErrorClass]] = {
    HTTPStatus.UNAUTHORIZED: ErrorClass.AUTHENTICATION,
    HTTPStatus.FORBIDDEN: ErrorClass.AUTHENTICATION,
    HTTPStatus.BAD_REQUEST: ErrorClass.VALIDATION,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorClass.VALIDATION,
    HTTPStatus.UNPROCESSABLE_ENTITY: ErrorClass.VALIDATION,
    HTTPStatus.REQUEST_TIMEOUT: ErrorClass.TRANSIENT,
    HTTPStatus.CONFLICT: ErrorClass.TRANSIENT,
    HTTPStatus.TOO_EARLY: ErrorClass.TRANSIENT,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorClass.RATE_LIMIT,
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorClass.OVERLOADED,
    SITE_OVERLOADED: ErrorClass.OVERLOADED,
}

_AGAIN: Final = frozenset({ErrorClass.TRANSIENT, ErrorClass.RATE_LIMIT, ErrorClass.OVERLOADED})

_HEALTHY: Final = frozenset({ErrorClass.VALIDATION, ErrorClass.REFUSAL, ErrorClass.TRUNCATED})

FAIR_MS: Final = 200.0
"""An attempt that was given less time than this says nothing about a provider by timing out."""

UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too_large"
BREAKER_OPEN: Final = "breaker_open"


def timed_out() -> AttemptFailed:
    """There was no complete answer in time."""
    return AttemptFailed(ErrorClass.TIMEOUT, "timeout")


def of_status(
    status: int, headers: Mapping[str, str], code: str | None, now: datetime
) -> AttemptFailed:
    """The failure that an HTTP status means.

    Args:
        status: of the response.
        headers: of the response, with names in lower case or looked up without regard to it.
        code: the provider's own error code, if it gave one.
        now: what a `Retry-After` date is held against.
    """
    outcome = f"http_{status}"
    if code in CREDIT:
        return AttemptFailed(ErrorClass.PERMANENT, outcome)
    return AttemptFailed(class_of(status), outcome, retry_after_ms(headers, now))


def class_of(status: int) -> ErrorClass:
    """The class of an HTTP error status."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    server_side = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return ErrorClass.TRANSIENT if server_side else ErrorClass.PERMANENT


def retry_after_ms(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a provider asks to be left alone, in milliseconds; None where it does not say.

    Source: RFC 9110, section 10.2.3 (seconds or a date); `retry-after-ms` is what OpenAI and
    Azure add to it.
    """
    precise = _positive(headers.get("retry-after-ms"))
    if precise is not None:
        return precise
    said = headers.get("retry-after")
    seconds = _positive(said)
    if seconds is not None:
        return seconds * 1000
    return _until(said, now)


def _positive(said: str | None) -> float | None:
    try:
        value = float(said or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _until(said: str | None, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(said or "")
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds() * 1000)
    except (ValueError, OverflowError):
        return None


def worth_repeating(error_class: ErrorClass) -> bool:
    """Whether the same provider may answer if it is asked again a moment later."""
    return error_class in _AGAIN


def blames_provider(error_class: ErrorClass | None, allowed_ms: float) -> bool:
    """Whether an attempt counts as a failure of its provider, for its breaker.

    A refusal, a cut or an invalid answer comes from a provider that works; a timeout counts
    where the attempt had a fair time.
    """
    if error_class is ErrorClass.TIMEOUT:
        return allowed_ms >= FAIR_MS
    return error_class is not None and error_class not in _HEALTHY


def failure_of(attempts: Sequence[Attempted]) -> Failure:
    """What a call is called that gave nothing usable: by its last real attempt."""
    asked = [each for each in attempts if each.outcome != BREAKER_OPEN]
    if not asked:
        code = FailureCode.BREAKER if attempts else FailureCode.TIMEOUT
        return Failure(code, DETAILS[code])
    code = _code_of(asked[-1])
    return Failure(code, DETAILS[code])


def _code_of(last: Attempted) -> FailureCode:
    if last.outcome in {UNREADABLE, TOO_LARGE}:
        return FailureCode.INVALID_OUTPUT
    if last.outcome.startswith("http_"):
        return FailureCode.UNAVAILABLE
    match last.error_class:
        case ErrorClass.TIMEOUT:
            return FailureCode.TIMEOUT
        case ErrorClass.REFUSAL:
            return FailureCode.REFUSED
        case ErrorClass.TRUNCATED | ErrorClass.VALIDATION:
            return FailureCode.INVALID_OUTPUT
        case _:
            return FailureCode.UNAVAILABLE


DETAILS: Final[Mapping[FailureCode, str]] = {
    FailureCode.TIMEOUT: "The model did not answer in time.",
    FailureCode.UNAVAILABLE: "No model provider could answer.",
    FailureCode.INVALID_OUTPUT: "The model's answer could not be used.",
    FailureCode.REFUSED: "The model declined to answer.",
    FailureCode.BUDGET: "The budget for model calls is spent.",
    FailureCode.BREAKER: "Every model provider is paused after failures.",
}
