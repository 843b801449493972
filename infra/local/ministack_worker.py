"""Runs one function in a process of its own; stands in for the emulator's worker.

The emulator starts it on its own interpreter and speaks JSON lines with it: the function's
description, then one event per line; each event gets one line of result. It keeps that protocol and
repairs what the emulator's worker gets wrong: what a handler prints cannot pass for a result and
has an end, the emulator's own variables stay away, the function's code comes before its layer as
in Lambda, and HTTP events carry `cookies` and the caller's address.

It knows nothing of this repository, because it runs outside of its environment.
"""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

POINTER = "unpacked-at"
"""A layer that is unpacked elsewhere holds only this file, with the folder's path."""

END_OF_LOG = "\x1eend of log"
"""Follows what an invocation logged, so that the emulator need not guess when it has it all."""

TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
SYSTEM_VARIABLES = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ"})
RUNTIME_PREFIXES = ("AWS_", "LAMBDA_", "_")

type Json = dict[str, Any]  # Any: whatever the emulator and the handler exchange
type Handler = Callable[[Any, "Context"], Any]  # Any: the same


class Context:
    """What Lambda hands to a handler beside the event."""

    identity = None
    client_context = None

    def __init__(self, function: Json, call: Json) -> None:
        self.function_name = function["function_name"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = function["memory"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.aws_request_id = call["request_id"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + call["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the emulator ends this process."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Loads the handler, then answers events until the emulator closes the pipe."""
    events, results = _claim_protocol()
    function = json.loads(events.readline())
    try:
        handler = _load(function)
    except Exception as error:  # noqa: BLE001  # whatever breaks an import is the function's failure
        traceback.print_exc()
        _write(results, {"status": "error", "error": f"{type(error).__name__}: {error}"})
        return
    _write(results, {"status": "ready", "cold": True})
    for message in _lines(events):
        result = _run(handler, function, message)
        sys.stdout.flush()
        sys.stderr.write(END_OF_LOG + "\n")
        sys.stderr.flush()
        _write(results, result)


def _claim_protocol() -> tuple[TextIO, TextIO]:
    """Takes both pipes away from the handler: it reads nothing and prints to the log."""
    events = os.fdopen(os.dup(0), "r", encoding="utf-8")
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a TextIOWrapper here
    return events, results


def _load(function: Json) -> Handler:
    _clear_environment(function.get("env", {}))
    layers = os.environ.pop("_LAMBDA_LAYERS_DIRS", "")
    folders = [_layer(Path(each)) / "python" for each in layers.split(os.pathsep) if each]
    sys.path[:0] = [function["code_dir"], *map(str, folders)]
    handler: Handler = getattr(importlib.import_module(function["module"]), function["handler"])
    return handler


def _clear_environment(own: dict[str, str]) -> None:
    """Leaves nothing of the emulator's own variables, which a library could take for ours."""
    for name in set(os.environ) - SYSTEM_VARIABLES - own.keys():
        if not name.startswith(RUNTIME_PREFIXES):
            del os.environ[name]
    os.environ.update(own)


def _layer(folder: Path) -> Path:
    pointer = folder / POINTER
    return Path(pointer.read_text()) if pointer.is_file() else folder


def _lines(events: TextIO) -> Iterator[Json]:
    while line := events.readline():
        yield json.loads(line)


def _run(handler: Handler, function: Json, message: Json) -> Json:
    call = message["ctx"]
    if call.get("trace_id"):
        os.environ[TRACE_VARIABLE] = call["trace_id"]
    else:
        os.environ.pop(TRACE_VARIABLE, None)
    try:
        result = handler(repaired(message["event"]), Context(function, call))
        json.dumps(result)
    except Exception as error:  # noqa: BLE001  # reported to the emulator, as Lambda's runtime does
        return {
            "status": "error",
            "error": f"{type(error).__name__}: {error}",
            "trace": traceback.format_exc(),
        }
    return {"status": "ok", "result": result}


def repaired(event: Any) -> Any:  # noqa: ANN401  # an event is any JSON
    """An HTTP API event as API Gateway makes it; anything else as it came.

    The caller's address is the last of `X-Forwarded-For`, which the front in front of the emulator
    appends; cookies leave the headers for a list of their own (payload format 2.0).
    """
    if not (isinstance(event, dict) and event.get("version") == "2.0" and "headers" in event):
        return event
    headers = dict(event["headers"])
    repair = {**event, "headers": headers}
    if cookie := headers.pop("cookie", None):
        repair["cookies"] = [each.strip() for each in cookie.split(";")]
    if addresses := headers.get("x-forwarded-for"):
        context = event["requestContext"]
        http = {**context["http"], "sourceIp": addresses.rpartition(",")[2].strip()}
        repair["requestContext"] = {**context, "http": http}
    return repair


def _write(results: TextIO, message: Json) -> None:
    results.write(json.dumps(message) + "\n")
    results.flush()


if __name__ == "__main__":
    main()
