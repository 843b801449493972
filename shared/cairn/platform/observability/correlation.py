"""W3C Trace Context: who called, and how an answer says so."""

import re
import secrets
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

TRACEPARENT: Final = "traceparent"
"""The header of a request, or attribute of a message, that hands a trace on."""

_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ZEROS: Final = "0"


class Trace(NamedTuple):
    """One hop of a trace (W3C Trace Context, section 3.2).

    Attributes:
        trace_id: 32 hex digits, the same in every hop.
        span_id: 16 hex digits, this hop's own.
        sampled: whether detail is kept: the caller's flag, and then our own.
        parent_id: the caller's hop; None where the trace begins here.
    """

    trace_id: str
    span_id: str
    sampled: bool
    parent_id: str | None = None

    @property
    def traceparent(self) -> str:
        """The header that hands this hop on."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


def trace_of(traceparent: str | None) -> Trace:
    """The hop after `traceparent`; a new trace where it is absent or malformed."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    known = match is not None and match[1].strip(_ZEROS) and match[2].strip(_ZEROS)
    if match is None or not known:
        return Trace(secrets.token_hex(16), secrets.token_hex(8), sampled=False)
    sampled = bool(int(match[3], 16) & 1)
    return Trace(match[1], secrets.token_hex(8), sampled, parent_id=match[2])


def trace_of_batch(records: Sequence[Mapping[str, Any]]) -> Trace:
    """The hop after the one that sent all records of SQS; a new trace where several did."""
    told = (each.get("messageAttributes", {}).get(TRACEPARENT, {}) for each in records)
    hops = {each.get("stringValue") for each in told}
    return trace_of(hops.pop() if len(hops) == 1 else None)


def pseudonym(workspace: str, value: str) -> str:
    """16 hex digits that stand for a person or session in logs; the same within a workspace."""
    return blake2b(f"{workspace}#{value}".encode(), digest_size=8).hexdigest()
