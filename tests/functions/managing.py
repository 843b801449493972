"""Who manages flags over HTTP, in tests."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch

from functions.console import handler as entry
from functions.console.app import application
from functions.console.settings import Settings
from functions.console.wiring import Wiring, build
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud

NOW: Final = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)

LIST: Final = "GET /v1/flags"
CREATE: Final = "POST /v1/flags"
ONE: Final = "GET /v1/flags/{key}"
REPLACE: Final = "PUT /v1/flags/{key}"
HISTORY: Final = "GET /v1/flags/{key}/history"
ENABLE: Final = "POST /v1/flags/{key}/enable"
DISABLE: Final = "POST /v1/flags/{key}/disable"
ARCHIVE: Final = "POST /v1/flags/{key}/archive"
UNARCHIVE: Final = "POST /v1/flags/{key}/unarchive"
ROLLOUT: Final = "POST /v1/flags/{key}/rollout"

READS: Final = (LIST, ONE, HISTORY)
SWITCHES: Final = (ENABLE, DISABLE, ARCHIVE, UNARCHIVE)

type Json = dict[str, Any]  # Any: JSON
type Call = Callable[..., Answered]


def flag(key: str = "checkout", **more: object) -> Json:
    """A flag that rolls out, as it is sent."""
    rules = [{"id": "gradual", "split": {"on": 1.0}, "coverage": 0.1}]
    return {"kind": "flag", "id": key, "type": "boolean", "default": "off", "rules": rules, **more}


def needing(key: str) -> list[Json]:
    """The prerequisite that another flag is on."""
    return [{"flag": key, "when": {"value": True}}]


def wired(aws: Cloud, now: datetime = NOW) -> Wiring:
    """The console's real wiring."""
    return build(Settings.load(aws.variables), clock=lambda: now)


def manager(aws: Cloud, wiring: Wiring | None = None) -> Call:
    """Calls the console's routes, by default with the key of an editor named ada.

    Several may be there at once, each with a wiring of its own.
    """
    editor = api_key(aws, role="editor", name="ada")
    used = wiring or wired(aws)
    app = application(used)

    def call(
        route: str,
        body: object = None,
        *,
        key: str = "checkout",
        by: str = editor,
        **more: Mapping[str, str],
    ) -> Answered:
        path = {"key": key} if "{key}" in route else {}
        event = http_event(route, body, key=by, path=path, **more)
        with (
            patch.object(entry, "wiring", lambda: used),
            patch.object(entry, "process_application", lambda: app),
        ):
            return answered(entry.handler(event, Context()))

    return call
