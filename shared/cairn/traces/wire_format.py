"""The wire format of Protocol Buffers, as far as OTLP needs it.

A message is a run of fields: a tag (field number and wire type in one varint) and a value, which is
a varint, eight or four bytes, or a length and as many bytes (protobuf.dev, "Encoding"). The
official library would be 2.5 MB of the layer for a dozen messages.
"""

import struct
from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
FIXED32: Final = 5

VARINT_BYTES: Final = 10
MORE: Final = 0x80
INT64: Final = 1 << 63
UINT64: Final = 1 << 64

type Field = tuple[int, int, int, bytes]
"""Field number, wire type, its number (fixed and varint), its bytes (length-delimited)."""


class WireError(ValueError):
    """The bytes are no message."""


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message in their order; what the reader does not know, it passes over.

    Raises:
        WireError: the bytes end within a field, or hold what proto3 does not.
    """
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == LENGTH:
            length, at = _varint(message, at)
            start, at = at, at + length
            if at > end:
                raise WireError("a field is longer than its message")
            yield number, kind, 0, message[start:at]
        elif kind == VARINT:
            value, at = _varint(message, at)
            yield number, kind, value, b""
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(kind, 0)
            if not size or at + size > end:
                raise WireError("a field has an unknown wire type, or is truncated")
            yield number, kind, int.from_bytes(message[at : at + size], "little"), b""
            at += size


def signed(value: int) -> int:
    """A varint or fixed64 as a signed number of 64 bits."""
    return value - UINT64 if value >= INT64 else value


def double(value: int) -> float:
    """A fixed64 as an IEEE 754 number."""
    (number,) = struct.unpack("<d", value.to_bytes(8, "little"))
    return float(number)


def text(value: bytes) -> str:
    """A string field; bytes that are not UTF-8 are replaced, so that one spoils one span only."""
    return value.decode("utf-8", "replace")


def message_field(number: int, value: bytes) -> bytes:
    """A length-delimited field: a string or a message within a message."""
    return _written(number << 3 | LENGTH) + _written(len(value)) + value


def varint_field(number: int, value: int) -> bytes:
    """A number that is not negative."""
    return _written(number << 3 | VARINT) + _written(value)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A base-128 number, least group first, and where it ends."""
    value = shift = 0
    for byte in message[at : at + VARINT_BYTES]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < MORE:
            return value % UINT64, at
        shift += 7
    raise WireError("a number is truncated, or too long")


def _written(value: int) -> bytes:
    groups = bytearray()
    while value >= MORE:
        groups.append(value & 0x7F | MORE)
        value >>= 7
    groups.append(value)
    return bytes(groups)
