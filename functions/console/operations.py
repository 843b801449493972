"""The operations of the other functions, as the API's description tells them.

Their handlers stay free of FastAPI; what they take and give are their own models, named here
once. A test compares this table with the catalog of functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from cairn.decisions.model import Decision, DecisionRequest, SessionRequest, SessionView
from cairn.decisions.replay import ReplayRequest, ReplayView
from cairn.decisions.surfaces.form.model import Plan
from cairn.events.model import Tracked
from cairn.experiments.views import Analysed
from cairn.explanations.model import ExplanationView
from cairn.flags.growthbook.writing import Features
from cairn.flags.ofrep import (
    BulkEvaluation,
    EvaluationFailure,
    EvaluationRequest,
    EvaluationSuccess,
)
from cairn.platform.http import JSON
from cairn.traces.otlp import PROTOBUF
from functions.console.declared import ANY_KEY, SECRET_KEY
from functions.console.examples import DECISION, EVALUATION, EVENTS, REPLAY, SESSION, TRACES
from functions.console.otlp import OtlpExport, OtlpExported
from functions.console.wire import CloudEvent, PlainBatch

type Shape = Any  # Any: whatever TypeAdapter takes, which is more than classes
"""A type that pydantic can describe, such as a model or a list of models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route of another function.

    Attributes:
        route: method and path, as in the catalog.
        id: the operationId.
        does: one sentence.
        takes: the body's shape by content type; empty where there is no body.
        gives: the answer's shape by status; None where it has no body.
        refuses: statuses of problem details.
        security: ways to show a key.
        headers: request headers that it understands, and what for.
        times: those of them that hold a time.
        example: a body to start with.
    """

    route: str
    id: str
    tag: str
    does: str
    takes: Mapping[str, Shape] = field(default_factory=dict)
    gives: Mapping[int, Shape | None]
    refuses: Sequence[int] = ()
    security: Sequence[Mapping[str, Sequence[str]]] = field(default_factory=lambda: ANY_KEY)
    headers: Mapping[str, str] = field(default_factory=dict)
    times: Sequence[str] = ()
    example: JsonValue = None


IDEMPOTENT: Final = {
    "Idempotency-Key": "Any text; a repeated request with the same key is carried out only once.",
}


SENT: Final = {
    "Cairn-Sent-At": "When this was sent, by the clock that dated the events (RFC 3339); "
    "for CloudEvents and other bodies that cannot say so.",
}


ELSEWHERE: Final = (
    Operation(
        route="POST /v1/decisions",
        id="decide",
        tag="decisions",
        does="Decides what a visitor sees next",
        takes={JSON: DecisionRequest},
        gives={200: Decision[Plan]},
        refuses=(400, 401, 403, 404, 409, 413, 422, 503),
        headers={**IDEMPOTENT, **SENT},
        times=tuple(SENT),
        example=DECISION,
    ),
    Operation(
        route="GET /v1/decisions/{id}",
        id="getDecision",
        tag="decisions",
        does="A decision as it was made",
        gives={200: Decision[Plan]},
        refuses=(401, 403, 404, 503),
        security=SECRET_KEY,
    ),
    Operation(
        route="POST /v1/decisions/{id}/replay",
        id="replayDecision",
        tag="decisions",
        does="Replays a decision with something changed; nothing is stored or reported",
        takes={JSON: ReplayRequest},
        gives={200: ReplayView[Plan]},
        refuses=(400, 401, 403, 404, 413, 422, 503),
        security=SECRET_KEY,
        example=REPLAY,
    ),
    Operation(
        route="GET /v1/decisions/{id}/explanation",
        id="getExplanation",
        tag="decisions",
        does="Why a decision was made: its factors and, once it is written, its narrative",
        gives={200: ExplanationView},
        refuses=(401, 403, 404, 503),
        security=SECRET_KEY,
    ),
    Operation(
        route="POST /v1/decisions/{id}/explanation",
        id="orderExplanation",
        tag="decisions",
        does="Orders the narrative of a decision; 200 when there is one already",
        gives={200: ExplanationView, 202: ExplanationView},
        refuses=(401, 403, 404, 503),
        security=SECRET_KEY,
    ),
    Operation(
        route="POST /v1/sessions",
        id="startSession",
        tag="sessions",
        does="Starts a session without deciding",
        takes={JSON: SessionRequest},
        gives={201: SessionView[Plan]},
        refuses=(400, 401, 403, 404, 409, 413, 422, 503),
        headers=IDEMPOTENT,
        example=SESSION,
    ),
    Operation(
        route="GET /v1/sessions/{id}",
        id="getSession",
        tag="sessions",
        does="Everything needed to resume a session",
        gives={200: SessionView[Plan]},
        refuses=(401, 403, 404, 503),
    ),
    Operation(
        route="POST /v1/events",
        id="track",
        tag="events",
        does="Accepts events; each is accepted or rejected on its own",
        takes={
            JSON: PlainBatch,
            "text/plain": PlainBatch,
            "application/cloudevents+json": CloudEvent,
            "application/cloudevents-batch+json": list[CloudEvent],
        },
        gives={202: Tracked},
        refuses=(400, 401, 403, 413, 415, 503),
        headers=SENT,
        times=tuple(SENT),
        example=EVENTS,
    ),
    Operation(
        route="POST /v1/experiments/{id}/analysis",
        id="analyseExperiment",
        tag="experiments",
        does="Analyses an experiment now, as it is done every quarter of an hour",
        gives={200: Analysed},
        refuses=(401, 403, 404, 409, 422, 503),
        security=SECRET_KEY,
    ),
    Operation(
        route="POST /v1/traces",
        id="collectTraces",
        tag="traces",
        does="Accepts spans of OpenTelemetry exporters (OTLP/HTTP); only invalid ones are rejected",
        takes={JSON: OtlpExport, PROTOBUF: bytes},
        gives={200: OtlpExported},
        refuses=(400, 401, 403, 413, 415, 503),
        security=SECRET_KEY,
        headers={"Content-Encoding": "`gzip` or `deflate`; 8 MiB at most when decompressed."},
        example=TRACES,
    ),
    Operation(
        route="POST /ofrep/v1/evaluate/flags",
        id="evaluateFlags",
        tag="flags",
        does="Evaluates all flags in a context (OFREP 0.3); 304 when `If-None-Match` still matches",
        takes={JSON: EvaluationRequest},
        gives={200: BulkEvaluation, 304: None, 400: EvaluationFailure, 401: None, 403: None},
        headers={"If-None-Match": "The `ETag` of the answer that the client has cached."},
        example=EVALUATION,
    ),
    Operation(
        route="POST /ofrep/v1/evaluate/flags/{key+}",
        id="evaluateFlag",
        tag="flags",
        does="Evaluates one flag in a context (OFREP 0.3)",
        takes={JSON: EvaluationRequest},
        gives={
            200: EvaluationSuccess,
            400: EvaluationFailure,
            401: None,
            403: None,
            404: EvaluationFailure,
        },
        example=EVALUATION,
    ),
    Operation(
        route="GET /api/features/{client_key}",
        id="getFeatures",
        tag="flags",
        does="All flags for GrowthBook SDKs, as they are now, with every condition and member; "
        "the publishable key in the address opens them",
        gives={200: Features, 304: None},
        refuses=(401, 403, 503),
        security=(),
        headers={"If-None-Match": "The `ETag` of the answer that the client has cached."},
    ),
)
