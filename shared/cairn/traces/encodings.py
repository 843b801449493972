"""Content codings of a request's body, decompressed within bounds."""

import zlib
from typing import Final

from cairn.platform.errors import InvalidRequest, TooLarge, UnsupportedMediaType

EXPORT_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one export, after decompression; five thousand ample spans."""

GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
"""Tells zlib to look at the header: gzip (RFC 1952) or zlib (RFC 1950)."""

MEMBERS: Final = 16
"""Members of one compressed body: each costs a copy of what follows it."""

IDENTITY: Final = frozenset({"", "identity"})
COMPRESSED: Final = frozenset({"gzip", "x-gzip", "deflate"})


def decoded(body: bytes, coding: str, limit_bytes: int = EXPORT_BYTES) -> bytes:
    """The body without its content coding; never holds more than the limit and a byte.

    Args:
        body: as it was sent.
        coding: the header `Content-Encoding`, in any case.
        limit_bytes: the most that the body may hold.

    Raises:
        TooLarge: it has more than `limit_bytes`, or would have.
        UnsupportedMediaType: the coding is not one that is read here.
        InvalidRequest: it is cut, not of this coding, or in more than `MEMBERS` members.
    """
    coding = coding.strip().lower()
    if coding in COMPRESSED:
        body = _inflated(body, limit_bytes)
    elif coding not in IDENTITY:
        raise UnsupportedMediaType(
            "Send gzip, deflate or identity.", code="request.encoding_unsupported"
        )
    if len(body) > limit_bytes:
        raise TooLarge(
            f"The body may have at most {limit_bytes} bytes, decompressed.",
            code="request.too_large",
        )
    return body


def _inflated(body: bytes, limit_bytes: int) -> bytes:
    """Decompresses member after member (RFC 1952, section 2.2), to one byte over the limit."""
    found = bytearray()
    for _ in range(MEMBERS):
        if not body or len(found) > limit_bytes:
            break
        member = zlib.decompressobj(GZIP_OR_ZLIB)
        try:
            found += member.decompress(body, limit_bytes + 1 - len(found))
        except zlib.error as error:
            raise _broken() from error
        if not member.eof and len(found) <= limit_bytes:
            raise _broken()
        body = member.unused_data
    if body and len(found) <= limit_bytes:
        raise _broken()
    return bytes(found)


def _broken() -> InvalidRequest:
    return InvalidRequest(
        "The body is truncated, or not compressed as declared.", code="request.malformed_body"
    )
