"""POST /ofrep/v1/evaluate/flags[/{key}]: evaluated flags (OFREP 0.3).

GET /api/features/{client_key}: the same flags for GrowthBook SDKs, which evaluate them themselves.
"""

from cairn.access.model import Scope
from cairn.conditions.model import Attributes
from cairn.flags.border import all_response, features_response, one_response, refusal
from cairn.flags.model import TARGETING_KEY
from cairn.flags.ofrep import context_of
from cairn.flags.published import Ruleset
from cairn.flags.remote import answer_one
from cairn.platform.errors import CairnError
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.correlation import pseudonym
from cairn.platform.observability.invocation import LambdaContext
from functions.flag_eval.wiring import wiring


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    routes = {
        "POST /ofrep/v1/evaluate/flags": evaluate_all,
        "POST /ofrep/v1/evaluate/flags/{key+}": evaluate_one,
        "GET /api/features/{client_key}": features,
    }
    return serve(event, context, routes, wiring().telemetry)


def evaluate_one(request: Request) -> Response:
    """One flag in the request's context."""
    key = request.path["key"]
    try:
        ruleset, context = _asked(request)
        request.line.note(flag=key if key in ruleset.flags else None)
        return one_response(answer_one(ruleset, key, context))
    except CairnError as error:
        request.line.note(code=error.code)
        return refusal(error, key)


def evaluate_all(request: Request) -> Response:
    """All flags in the request's context, unless the client already holds them."""
    try:
        ruleset, context = _asked(request)
        return all_response(ruleset, context, request.headers.get("if-none-match", ""))
    except CairnError as error:
        request.line.note(code=error.code)
        return refusal(error)


def features(request: Request) -> Response:
    """All flags of the workspace whose publishable key stands in the address."""
    wired = wiring()
    origin = {name: value for name, value in request.headers.items() if name == "origin"}
    shown = {"key": request.path["client_key"]}
    principal = wired.keys.authenticate(origin, shown, Scope.EVALUATE_FLAGS, request.deadline)
    ruleset = _ruleset(request, principal.workspace)
    return features_response(ruleset, request.headers.get("if-none-match", ""))


def _ruleset(request: Request, workspace: str) -> Ruleset:
    wired = wiring()
    ruleset = wired.rulesets.of(wired.snapshots.current(workspace), wired.clock())
    request.line.note(workspace=workspace, ruleset=ruleset.version)
    if ruleset.unreadable:
        request.line.warn(flags_unreadable=list(ruleset.unreadable))
    return ruleset


def _asked(request: Request) -> tuple[Ruleset, Attributes]:
    wired = wiring()
    principal = wired.keys.authenticate(
        request.headers, request.query, Scope.EVALUATE_FLAGS, request.deadline
    )
    context = context_of(request.body)
    ruleset = _ruleset(request, principal.workspace)
    request.line.note(subject=pseudonym(principal.workspace, str(context.get(TARGETING_KEY, ""))))
    return ruleset, context
