"""Answers in OTLP's words: `ExportTraceServiceResponse`, and `Status` where an export is refused.

An answer has the content type of its request. A refusal of JSON is problem details (RFC 9457) like
all refusals of the API: exporters go by the HTTP status alone.
"""

import json
from http import HTTPStatus
from typing import Final

from cairn.platform.errors import CairnError, UnsupportedMediaType
from cairn.platform.http import Request, Response, problem
from cairn.traces import otlp_json, otlp_protobuf
from cairn.traces.admission import Admitted
from cairn.traces.encodings import decoded
from cairn.traces.otlp import JSON, PROTOBUF, RawSpan
from cairn.traces.wire_format import message_field, varint_field

TYPE: Final = "content-type"

_READERS: Final = {JSON: otlp_json.spans_in, PROTOBUF: otlp_protobuf.spans_in}


def exported(request: Request) -> "list[RawSpan | None]":
    """The spans of an export; None in the place of what is no span.

    Raises:
        UnsupportedMediaType: it is neither JSON nor Protocol Buffers, or its coding is unknown.
        TooLarge: it has more than `EXPORT_BYTES`, decompressed.
        InvalidRequest: it is not what it says.
    """
    read = _READERS.get(request.media_type)
    if read is None:
        raise UnsupportedMediaType(
            f"Send one of {', '.join(_READERS)}.", code="request.media_type_unsupported"
        )
    return list(read(decoded(request.body, request.headers.get("content-encoding", ""))))


def taken(admitted: Admitted, media_type: str) -> Response:
    """An export was taken, save the spans that were rejected."""
    rejected, message = admitted.rejected.total(), _told(admitted)
    if media_type == PROTOBUF:
        partial = varint_field(1, rejected) if rejected else b""
        partial += message_field(2, message.encode()) if message else b""
        body = message_field(1, partial) if partial else b""
        return Response(HTTPStatus.OK, body, {TYPE: PROTOBUF})
    told = {"rejectedSpans": str(rejected), "errorMessage": message}
    document = {"partialSuccess": told} if message else {}
    return Response(HTTPStatus.OK, json.dumps(document), {TYPE: JSON})


def refusal(error: CairnError, media_type: str, trace_id: str) -> Response:
    """An export was refused as a whole."""
    refused = problem(error, trace_id)
    if media_type != PROTOBUF:
        return refused
    status = message_field(2, f"{error.code}: {error.detail}".encode())
    return Response(refused.status, status, {**refused.headers, TYPE: PROTOBUF})


def _told(admitted: Admitted) -> str:
    """What was rejected and changed; empty where everything was taken as it came."""
    parts = [f"rejected {code}: {count}" for code, count in sorted(admitted.rejected.items())]
    if admitted.cut:
        parts.append(f"values cut: {admitted.cut}")
    return "; ".join(parts)
