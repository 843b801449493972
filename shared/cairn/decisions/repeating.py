"""What a repeated request means (the Idempotency-Key header)."""

import re
from hashlib import sha256
from typing import Final

from cairn.decisions.desk import Repeatable
from cairn.decisions.record import Mark
from cairn.platform.errors import InvalidRequest, Unprocessable

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def repeatable_of(key: str | None, route: str, body: bytes) -> Repeatable | None:
    """The request's mark to be, where it came with an Idempotency-Key.

    Callers choose keys that nobody else chooses, such as UUIDs: whoever sends the same key with
    the same request gets the same answer.

    Raises:
        InvalidRequest: the key has no, or more than 255, or other than visible ASCII characters.
    """
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidRequest(
            "An Idempotency-Key has 1 to 255 visible characters.", code="idempotency.invalid_key"
        )
    request = sha256(route.encode() + b"\n" + body).hexdigest()
    return Repeatable(key=sha256(key.encode()).hexdigest(), request=request)


def made_before(mark: Mark, repeatable: Repeatable) -> str:
    """The id of what the first request with this key made.

    Raises:
        Unprocessable: the key came with another request.
    """
    if mark.request != repeatable.request:
        raise Unprocessable(
            "This Idempotency-Key came with another request.", code="idempotency.mismatch"
        )
    return mark.made
