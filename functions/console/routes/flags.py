"""`/v1/flags…`: flags read and changed by those who manage them."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from cairn.configuration.editing import Edited
from cairn.configuration.locking import entity_tag
from cairn.configuration.model import Document
from cairn.flags import listing
from cairn.flags.documents import FlagDocument, Identifier
from cairn.flags.managing import archived, rolled_out, switched
from cairn.platform.errors import Conflict
from cairn.platform.http import JSON
from cairn.platform.idempotency import repeatable_of
from functions.console.declared import KEY_NEEDED, refusals
from functions.console.examples import FLAG, ROLLOUT
from functions.console.flag_asking import AskedFlag, AskedFlags, AskedHistory, Rollout
from functions.console.flag_editor import FlagEditor, Order, Writing, same_key
from functions.console.flag_reader import Reading
from functions.console.flag_views import FlagChanged, FlagHistory, FlagList, FlagRow, FlagView
from functions.console.sent import Carried, CarriedSwitch, IfMatch, Sent, body_of, takes

ROUTES: Final = APIRouter(prefix="/v1/flags", tags=["flags"])


CREATE: Final = "POST /v1/flags"
REPLAYED: Final = {"idempotent-replayed": "true"}
NO_HEADERS: Final[Mapping[str, str]] = {}

CHANGED: Final = refusals(400, 401, 403, 404, 409, 412, 422, 503)
SENT: Final = refusals(400, 401, 403, 404, 409, 412, 413, 422, 503)
REPLACED: Final = refusals(400, 401, 403, 404, 409, 412, 413, 422, 428, 503)

changing = partial(
    ROUTES.post, response_model=FlagChanged, responses=CHANGED, openapi_extra=KEY_NEEDED
)
"""Declares a change that needs no body."""

type Key = Annotated[Identifier, Path()]
type SentFlag = Annotated[Sent[FlagDocument], Depends(body_of(FlagDocument))]
type SentRollout = Annotated[Sent[Rollout], Depends(body_of(Rollout))]


@ROUTES.get(
    "",
    operation_id="listFlags",
    summary="Lists flags by key",
    response_model=FlagList,
    responses=refusals(400, 401, 403, 503),
    openapi_extra=KEY_NEEDED,
)
def list_flags(reader: Reading, asked: Annotated[AskedFlags, Query()]) -> Response:
    """Flags as they are published now, without their rules."""
    found, following = listing.page(
        reader.listed(), asked.filter(), asked.cursor or "", asked.limit
    )
    answer = FlagList(flags=[FlagRow.of(each) for each in found], next=following)
    return Response(answer.model_dump_json(), media_type=JSON)


@ROUTES.post(
    "",
    operation_id="createFlag",
    summary="Publishes a new flag",
    status_code=HTTPStatus.CREATED,
    response_model=FlagChanged,
    responses={
        200: {"model": FlagChanged, "description": "A dry run: what would be published."},
        **refusals(400, 401, 403, 404, 409, 413, 422, 503),
    },
    openapi_extra=KEY_NEEDED | takes(FlagDocument, FLAG),
)
def create_flag(
    editor: Writing,
    sent: SentFlag,
    manner: Carried,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Any text; a repeated request with the same key is carried out only once."
        ),
    ] = None,
) -> Response:
    """A flag as in configuration files; 409 where its key is taken.

    A repeated request with the same `Idempotency-Key` is answered with the flag as it is now.
    """
    repeatable = None if manner.dry_run else repeatable_of(idempotency_key, CREATE, sent.raw)
    again = editor.made_before(repeatable)
    if again is None:
        try:
            done = editor.create(sent.value, Order("create", dry_run=manner.dry_run), repeatable)
        except Conflict:
            again = editor.made_before(repeatable)
            if again is None:
                raise
        else:
            status = HTTPStatus.CREATED if done.published else HTTPStatus.OK
            return _changed(editor, done, status)
    return _changed(editor, Edited(again, again, published=False), HTTPStatus.CREATED, REPLAYED)


@ROUTES.get(
    "/{key}",
    operation_id="getFlag",
    summary="A flag with its rules",
    response_model=FlagView,
    responses=refusals(400, 401, 403, 404, 503),
    openapi_extra=KEY_NEEDED,
)
def get_flag(reader: Reading, key: Key, asked: Annotated[AskedFlag, Query()]) -> Response:
    """The flag as it is published now, or as it was in a version; `ETag` is for `If-Match`."""
    document = reader.find(key, asked.version)
    return _answer(reader.view(document), document)


@ROUTES.put(
    "/{key}",
    operation_id="replaceFlag",
    summary="Replaces a flag",
    response_model=FlagChanged,
    responses=REPLACED,
    openapi_extra=KEY_NEEDED | takes(FlagDocument, FLAG),
)
def replace_flag(
    editor: Writing, key: Key, sent: SentFlag, manner: Carried, if_match: IfMatch = None
) -> Response:
    """The whole flag; `If-Match`, the version that the caller read, is required."""
    flag = same_key(sent.value, key)
    order = Order("update", if_match, must_match=True, dry_run=manner.dry_run)
    return _changed(editor, editor.change(key, order, lambda _: flag))


@changing("/{key}/enable", operation_id="enableFlag", summary="Enables a flag's rules")
def enable_flag(
    editor: Writing, key: Key, manner: CarriedSwitch, if_match: IfMatch = None
) -> Response:
    """Switches it on, everywhere or in one environment; `If-Match` is honoured if sent."""
    return _switch(editor, key, manner, if_match, enabled=True)


@changing(
    "/{key}/disable",
    operation_id="disableFlag",
    summary="Disables a flag's rules: everybody gets its default",
)
def disable_flag(
    editor: Writing, key: Key, manner: CarriedSwitch, if_match: IfMatch = None
) -> Response:
    """The kill switch, everywhere or in one environment; `If-Match` is honoured if sent."""
    return _switch(editor, key, manner, if_match, enabled=False)


@changing("/{key}/archive", operation_id="archiveFlag", summary="Archives a flag")
def archive_flag(editor: Writing, key: Key, manner: Carried, if_match: IfMatch = None) -> Response:
    """Clients no longer find it; its history stays.

    Refused while another flag, a flow or a running experiment needs it.
    """
    order = Order("archive", if_match, dry_run=manner.dry_run)
    return _changed(editor, editor.change(key, order, lambda flag: archived(flag, away=True)))


@changing("/{key}/unarchive", operation_id="unarchiveFlag", summary="Restores an archived flag")
def unarchive_flag(
    editor: Writing, key: Key, manner: Carried, if_match: IfMatch = None
) -> Response:
    """Clients find it again, as it was."""
    order = Order("unarchive", if_match, dry_run=manner.dry_run)
    return _changed(editor, editor.change(key, order, lambda flag: archived(flag, away=False)))


@ROUTES.post(
    "/{key}/rollout",
    operation_id="rolloutFlag",
    summary="Sets the share of subjects that a rule covers",
    response_model=FlagChanged,
    responses=SENT,
    openapi_extra=KEY_NEEDED | takes(Rollout, ROLLOUT),
)
def rollout_flag(
    editor: Writing, key: Key, sent: SentRollout, manner: Carried, if_match: IfMatch = None
) -> Response:
    """A fraction from 0 to 1, as in the flag's document: 0.25 is a quarter of all subjects."""
    wanted = sent.value
    order = Order("rollout", if_match, dry_run=manner.dry_run)
    return _changed(
        editor,
        editor.change(key, order, lambda flag: rolled_out(flag, wanted.rule, wanted.coverage)),
    )


@ROUTES.get(
    "/{key}/history",
    operation_id="getFlagHistory",
    summary="The history of a flag",
    response_model=FlagHistory,
    responses=refusals(400, 401, 403, 404, 503),
    openapi_extra=KEY_NEEDED,
)
def get_history(reader: Reading, key: Key, asked: Annotated[AskedHistory, Query()]) -> Response:
    """Every change, newest first: who, when, by which request, from what to what."""
    answer = reader.history(key, asked.cursor, asked.limit)
    return Response(answer.model_dump_json(), media_type=JSON)


def _switch(
    editor: Writing, key: str, manner: CarriedSwitch, if_match: str | None, *, enabled: bool
) -> Response:
    order = Order("enable" if enabled else "disable", if_match, dry_run=manner.dry_run)
    return _changed(
        editor,
        editor.change(
            key,
            order,
            lambda flag: switched(flag, enabled=enabled, environment=manner.environment),
        ),
    )


def _changed(
    editor: FlagEditor,
    done: Edited,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Response:
    return _answer(editor.view(done), done.after, status, headers)


def _answer(
    view: FlagView,
    document: Document,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Response:
    """A flag, with its document as it was written."""
    body = view.model_dump_json(exclude_unset=True, by_alias=True)
    return Response(body, status, {"etag": entity_tag(document), **headers}, media_type=JSON)
