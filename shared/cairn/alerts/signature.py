"""How a webhook's receiver knows that a notice is ours: Standard Webhooks 1.0.

The receiver computes HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>` with the shared
secret and compares it with `webhook-signature`; it refuses old timestamps, and knows repeated
deliveries by `webhook-id`. Source: standardwebhooks.com, "Signature scheme".
"""

import base64
import hmac
from datetime import datetime
from hashlib import sha256
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how the standard marks base64 secrets
VERSION: Final = "v1"


def signed_headers(identifier: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """The headers that go with `body`.

    Args:
        identifier: the message's id, the same for each attempt.
        at: the instant of this attempt.
        body: exactly the bytes that are sent.
        secret: plain text, or base64 after `whsec_`.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join([identifier.encode(), timestamp.encode(), body])
    digest = hmac.new(_key(secret), signed, sha256).digest()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"{VERSION},{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    if secret.startswith(SECRET_PREFIX):
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return secret.encode()
