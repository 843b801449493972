"""How a webhook's receiver knows that a notice is ours: Standard Webhooks 1.0.

The receiver computes HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>` with its secret and
compares it with `webhook-signature`; it refuses old timestamps, and knows repeated deliveries by
`webhook-id`. Source: standardwebhooks.com, "Signature scheme".

Each workspace signs with a key of its own, so that who receives the notices of one cannot forge
those of another. The keys follow from one root that nobody else knows.
"""

import base64
import hmac
from datetime import datetime
from hashlib import sha256
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how the standard marks base64 secrets
VERSION: Final = "v1"

PURPOSE: Final = "cairn webhooks"
"""What a key is for, so that nothing else that may follow from the same root equals it."""


def workspace_key(root: str, workspace: str) -> bytes:
    """The 32 bytes that sign what a workspace's webhooks receive.

    One block of HKDF-Expand (RFC 5869, section 2.3) with SHA-256; the root is random enough to do
    without the extraction before it.
    """
    told = f"{PURPOSE} {workspace}".encode()
    return hmac.digest(root.encode(), told + b"\x01", sha256)


def shared_secret(key: bytes) -> str:
    """A key as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signed_headers(identifier: str, at: datetime, body: bytes, key: bytes) -> dict[str, str]:
    """The headers that go with `body`.

    Args:
        identifier: the message's id, the same for each attempt.
        at: the instant of this attempt.
        body: exactly the bytes that are sent.
        key: the workspace's.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join([identifier.encode(), timestamp.encode(), body])
    digest = hmac.digest(key, signed, sha256)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"{VERSION},{base64.b64encode(digest).decode()}",
    }
