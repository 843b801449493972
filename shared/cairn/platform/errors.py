"""Everything that can go wrong, as one tree.

    CairnError
    ├── InvalidRequest        400  the caller's input breaks the contract (carries JSON pointers)
    ├── Unauthenticated       401  no key, or one that opens nothing
    ├── Forbidden             403  a good key without the scope
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── Conflict              409  somebody else changed it first
    ├── PreconditionFailed    412  it is not any more as the caller last saw it
    ├── TooLarge              413
    ├── UnsupportedMediaType  415
    ├── Unprocessable         422  understood, but impossible
    ├── PreconditionRequired  428  the caller must say what it last saw
    └── Unavailable           503  a dependency is down or throttled; retrying helps
        ├── StoreUnavailable
        ├── CacheUnavailable
        ├── QueueUnavailable
        └── DeadlineExceeded

Each error knows its HTTP status, its stable code and whether a retry helps. Borders (HTTP, queue,
schedule) translate once; nothing else catches `CairnError`.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar, Final, NamedTuple

SERVER_FAULT: Final = 500
"""The first HTTP status that puts the blame on the server."""


class Violation(NamedTuple):
    """One broken rule of an input.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the offending value; empty for the whole document.
        code: stable, machine-readable name of the rule.
        detail: one English sentence.
    """

    pointer: str
    code: str
    detail: str


class CairnError(Exception):
    """The root of the tree: an error with an HTTP status and a stable code."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        code: str = "internal",
        violations: Sequence[Violation] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.violations = tuple(violations)
        self.retry_after_s = retry_after_s


class InvalidRequest(CairnError):
    """The caller's input breaks the contract."""

    status = HTTPStatus.BAD_REQUEST


class Unauthenticated(CairnError):
    """No API key was sent, or it is unknown."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(CairnError):
    """The key is good, but not for this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(CairnError):
    """Not found in this workspace."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(CairnError):
    """The route is there, but not for this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class Conflict(CairnError):
    """Somebody else changed it first."""

    status = HTTPStatus.CONFLICT


class PreconditionFailed(CairnError):
    """It is not any more as the caller last saw it (RFC 9110, 13.1.1)."""

    status = HTTPStatus.PRECONDITION_FAILED


class TooLarge(CairnError):
    """The input is larger than what is accepted."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(CairnError):
    """The content type is not supported."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Unprocessable(CairnError):
    """The input is understood, but cannot be acted on."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class PreconditionRequired(CairnError):
    """The caller must say what it last saw (RFC 6585, section 3)."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class Unavailable(CairnError):
    """A dependency is down or throttled."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    retryable = True

    def __init__(self, detail: str, *, code: str, retry_after_s: int = 1) -> None:
        super().__init__(detail, code=code, retry_after_s=retry_after_s)


class StoreUnavailable(Unavailable):
    """A table or bucket does not answer, or refuses for load."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="store_unavailable")


class CacheUnavailable(Unavailable):
    """The cache does not answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="cache_unavailable")


class QueueUnavailable(Unavailable):
    """A queue does not take messages."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="queue_unavailable")


class DeadlineExceeded(Unavailable):
    """The request was not answered before its deadline; it may still take effect."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="deadline_exceeded")
