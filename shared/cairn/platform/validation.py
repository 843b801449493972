"""Our own rules inside pydantic models: each broken one becomes a validation error in place."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from cairn.platform.errors import Violation

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""This machine, as addresses name it."""


def refused(title: str, violations: Sequence[Violation], *, at: str = "") -> ValidationError:
    """The error for a validator to raise; pydantic puts it below the validated value's place.

    Args:
        title: the model's name.
        violations: at least one, with JSON pointers relative to `at`.
        at: a JSON pointer relative to the value that is validated.
    """
    details = [_detail(each, at + each.pointer) for each in violations]
    return ValidationError.from_exception_data(title, details)


def web_address(url: str, code: str, *, bare: bool = False) -> str:
    """`url`, where it may be called: https, or http on this machine, and no credentials in it.

    Args:
        url: as it was written.
        code: of the error.
        bare: whether it must end with its path.

    Raises:
        PydanticCustomError: it may not be called.
    """
    parts = urlsplit(url)
    if not url.isascii() or any(each <= " " for each in url):
        raise PydanticCustomError(code, "an address is plain ASCII")
    if not parts.hostname or parts.username or parts.password:
        raise PydanticCustomError(code, "an address needs a host and no credentials")
    if bare and (parts.query or parts.fragment):
        raise PydanticCustomError(code, "the address must end with its path")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise PydanticCustomError(code, "an address is https; http only on loopback")
    return url


def _detail(violation: Violation, at: str) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError(violation.code, violation.detail),
        loc=tuple(map(_step, at.split("/")[1:])),
        input=None,
    )


def _step(part: str) -> int | str:
    return int(part) if part.isdecimal() else part.replace("~1", "/").replace("~0", "~")
