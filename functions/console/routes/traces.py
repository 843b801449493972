"""`GET /v1/traces…`: where requests spent their time."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cairn.access.model import Principal, Scope
from cairn.platform.errors import NotFound
from cairn.platform.http import JSON
from cairn.platform.observability.span import SpanStatus
from cairn.traces import cursor, listing
from cairn.traces.cursor import LONGEST as LONGEST_CURSOR
from cairn.traces.listing import DEFAULT_LIMIT, LONGEST_LIST, Filter, Question, first_position
from cairn.traces.model import TRACE_PATTERN
from cairn.traces.views import TraceList, TraceView
from cairn.traces.waterfall import waterfall
from functions.console.context import Wired, caller
from functions.console.declared import KEY_NEEDED, refusals

ROUTES: Final = APIRouter(prefix="/v1/traces", tags=["traces"])

type Reader = Annotated[Principal, Depends(caller(Scope.READ_TRACES))]
type Label = Annotated[str, Field(min_length=1, max_length=256)]
type Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class AskedTraces(BaseModel):
    """What may be asked of traces; anything else is refused, so that no filter seems to work."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[
        AwareDatetime | None,
        Field(
            alias="from",
            description="Only traces that began at or after this; an hour before `to` by default.",
        ),
    ] = None
    end: Annotated[
        AwareDatetime | None,
        Field(alias="to", description="Only traces that began at or before this; now by default."),
    ] = None
    status: Annotated[SpanStatus | None, Field(description="Only traces that ended like this.")] = (
        None
    )
    min_duration_ms: Annotated[
        Amount | None, Field(description="Only traces that took at least this long.")
    ] = None
    max_duration_ms: Annotated[
        Amount | None, Field(description="Only traces that took at most this long.")
    ] = None
    flow: Annotated[Label | None, Field(description="Only decisions in this flow.")] = None
    source: Annotated[
        Label | None, Field(description="Only decisions from this source, such as `rules`.")
    ] = None
    min_cost_usd: Annotated[
        Amount | None, Field(description="Only traces that cost at least this much.")
    ] = None
    model: Annotated[
        Label | None, Field(description="Only traces that asked this model first.")
    ] = None
    service: Annotated[
        Label | None, Field(description="Only traces that entered this service.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=LONGEST_LIST, description="Rows per page.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None,
        Field(max_length=LONGEST_CURSOR, description="`next` of the previous page."),
    ] = None

    def question(self, workspace: str) -> Question:
        """The same for each page of a list."""
        looked_for = Filter(
            status=self.status,
            min_duration_ms=self.min_duration_ms,
            max_duration_ms=self.max_duration_ms,
            flow=self.flow,
            source=self.source,
            min_cost_usd=self.min_cost_usd,
            model=self.model,
            service=self.service,
        )
        return Question(workspace, looked_for, self.start, self.end)


class AskedTrace(BaseModel):
    """What may be said of a trace besides its id."""

    model_config = ConfigDict(extra="forbid")

    at: Annotated[
        AwareDatetime | None,
        Field(description="When it began; finds a trace that is now only in the archive."),
    ] = None


@ROUTES.get(
    "",
    operation_id="listTraces",
    summary="Traces, newest first",
    response_model=TraceList,
    responses=refusals(400, 401, 403, 503),
    openapi_extra=KEY_NEEDED,
)
def list_traces(wired: Wired, reader: Reader, asked: Annotated[AskedTraces, Query()]) -> Response:
    """Where traces entered a service; a trace that entered several has a row for each.

    At most 7 days at once. With rare filters a page may be empty and still have a `next`:
    `searched_from` says how far.
    """
    question = asked.question(reader.workspace)
    if asked.cursor is None:
        position = first_position(question, wired.clock())
    else:
        position = cursor.opened(question, asked.cursor)
    found = listing.page(wired.traces, question, position, asked.limit)
    answer = TraceList(
        traces=found.rows,
        searched_from=found.searched_from,
        next=cursor.sealed(question, found.following),
    )
    return Response(answer.model_dump_json(), media_type=JSON)


@ROUTES.get(
    "/{id}",
    operation_id="getTrace",
    summary="A trace as a waterfall",
    response_model=TraceView,
    responses=refusals(400, 401, 403, 404, 503),
    openapi_extra=KEY_NEEDED,
)
def get_trace(
    wired: Wired,
    reader: Reader,
    trace_id: Annotated[str, Path(alias="id", pattern=TRACE_PATTERN)],
    asked: Annotated[AskedTrace, Query()],
) -> Response:
    """Its spans as a tree, each with the time that was its own, and the critical path.

    At most 4,000 spans are shown; `complete` says whether there are more. After the days that
    traces are kept, they are found by the hour in which they began.
    """
    stored = wired.traces.read(reader.workspace, trace_id, wired.clock())
    if not stored.spans and asked.at is not None:
        stored = wired.old_traces().find(reader.workspace, trace_id, asked.at) or stored
    if not stored.spans:
        raise NotFound("There is no such trace, or it is no longer kept.", code="trace.not_found")
    return Response(waterfall(trace_id, stored).model_dump_json(), media_type=JSON)
