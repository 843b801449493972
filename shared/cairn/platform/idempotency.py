"""The Idempotency-Key header: the same request under the same key is carried out once."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cairn.platform.errors import InvalidRequest, Unprocessable

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that came with an Idempotency-Key.

    Attributes:
        key: digest of the key.
        request: digest of the request.
    """

    key: str
    request: str

    def check(self, former: str) -> None:
        """Holds this request against the digest of the one that came with the key before.

        Raises:
            Unprocessable: it was another.
        """
        if former != self.request:
            raise Unprocessable(
                "This Idempotency-Key was used for another request.", code="idempotency.mismatch"
            )


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
