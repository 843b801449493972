"""How a function is run in its own process, as the emulator asks for it."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local import ministack_worker
from infra.local.ministack_server import Message, Waiting, one_group, unpack, unpacking
from infra.local.ministack_worker import END_OF_LOG, repaired

type Json = dict[str, object]

HANDLER = """
import json, os, sys
import packaged
print("imported")
def handler(event, context):
    print(json.dumps({"status": "ok", "result": "spoofed"}))
    os.write(1, b'{"status": "ok", "result": "spoofed too"}\\n')
    if event == "fail":
        raise ValueError("no such luck")
    if event == "unspeakable":
        return {1, 2}
    return {
        "event": event,
        "read": sys.stdin.read(),
        "packaged": packaged.WHERE,
        "variables": sorted(os.environ),
        "request_id": context.aws_request_id,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }
"""


class Worker:
    """A worker process under test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, message: Json) -> Json:
        """Sends one line and waits for its result."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        answer: Json = json.loads(self._process.stdout.readline())
        return answer

    def call(self, event: object, **extra: object) -> Json:
        """Invokes the handler."""
        call = {"request_id": "r-1", "invoked_function_arn": "arn", "timeout_ms": 3000, **extra}
        return self.tell({"event": event, "ctx": call})

    def log(self) -> str:
        """Everything it printed, after its end."""
        return self._process.communicate()[1]


@contextmanager
def worker(folder: Path, handler: str = HANDLER, *, layer: Path | None = None) -> Iterator[Worker]:
    """A worker with `handler` as its function's code."""
    code = folder / "code"
    code.mkdir()
    (code / "app.py").write_text(handler)
    (code / "packaged.py").write_text("WHERE = 'code'")
    variables = {
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "LOG_LEVEL": "WARNING",
        "_LAMBDA_LAYERS_DIRS": str(layer or ""),
    }
    process = subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, ministack_worker.__file__],
        env=variables,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        yield Worker(process)
        process.kill()


def description(folder: Path, name: str = "app") -> Json:
    return {
        "code_dir": str(folder / "code"),
        "module": name,
        "handler": "handler",
        "env": {"CAIRN_SHARDS": "4"},
        "function_name": "f",
        "memory": 128,
    }


def result(answer: Json) -> Json:
    assert answer["status"] == "ok"
    assert isinstance(answer["result"], dict)
    return answer["result"]


def test_what_a_handler_prints_cannot_pass_for_its_result(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert process.tell(description(tmp_path)) == {"status": "ready", "cold": True}
        assert result(process.call({"n": 1}))["event"] == {"n": 1}
        assert result(process.call({"n": 2}))["event"] == {"n": 2}


def test_a_handler_reads_nothing_of_the_protocol(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        assert result(process.call({}))["read"] == ""


def test_what_a_handler_prints_reaches_the_log_and_ends_with_a_mark(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        process.call({})
        log = process.log()
    assert log.startswith("imported\n")
    assert "spoofed too" in log
    assert log.endswith(END_OF_LOG + "\n")


def test_the_emulators_own_variables_do_not_reach_a_function(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        variables = result(process.call({}))["variables"]
    assert isinstance(variables, list)
    assert "CAIRN_SHARDS" in variables
    assert "AWS_LAMBDA_FUNCTION_VERSION" in variables
    assert "LOG_LEVEL" not in variables


def test_the_context_tells_the_request_and_the_time_that_is_left(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        answer = result(process.call({}, trace_id="Root=1"))
        later = result(process.call({}))
    assert answer["request_id"] == "r-1"
    assert isinstance(answer["remaining_ms"], int)
    assert 0 < answer["remaining_ms"] <= 3000
    assert (answer["trace"], later["trace"]) == ("Root=1", None)


@pytest.mark.parametrize(
    ("event", "error"), [("fail", "ValueError: no such luck"), ("unspeakable", "TypeError")]
)
def test_an_exception_is_reported_with_its_type_and_trace(
    tmp_path: Path, event: str, error: str
) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        answer = process.call(event)
    assert answer["status"] == "error"
    assert str(answer["error"]).startswith(error)
    assert "Traceback" in str(answer["trace"])


def test_code_that_cannot_be_imported_is_reported(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        answer = process.tell(description(tmp_path, name="missing"))
    assert answer["status"] == "error"
    assert "ModuleNotFoundError" in str(answer["error"])


def test_a_worker_ends_with_its_events(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        process.tell(description(tmp_path))
        process.log()  # closes the events and waits for the end


@pytest.mark.parametrize("own", [True, False])
def test_a_functions_own_code_comes_before_its_layer(tmp_path: Path, *, own: bool) -> None:
    python = tmp_path / "layer" / "python"
    python.mkdir(parents=True)
    (python / "packaged.py").write_text("WHERE = 'layer'")
    with worker(tmp_path, layer=tmp_path / "layer") as process:
        if not own:
            (tmp_path / "code" / "packaged.py").unlink()
        process.tell(description(tmp_path))
        answer = result(process.call({}))
    assert answer["packaged"] == ("code" if own else "layer")


def zipped(**files: str) -> bytes:
    """A layer with these modules of packages, named `package__module`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            package, _, module = name.partition("__")
            archive.writestr(f"python/{package}/{module}.py", content)
    return buffer.getvalue()


def test_a_layer_is_resolved_once_and_found_by_a_pointer(tmp_path: Path) -> None:
    asked: list[object] = []

    def resolve(attachment: object) -> bytes | None:
        asked.append(attachment)
        return zipped(a__b="1")

    point = unpacking(resolve, tmp_path)
    pointer = point("arn:layer:1")
    assert pointer is not None
    assert point("arn:layer:1") == pointer
    assert asked == ["arn:layer:1"]
    with zipfile.ZipFile(io.BytesIO(pointer)) as archive:
        layer = Path(archive.read(ministack_worker.POINTER).decode())
    assert (layer / "python" / "a" / "b.py").read_text() == "1"


def test_an_unknown_layer_stays_unknown_and_may_come_later(tmp_path: Path) -> None:
    archives = iter([None, zipped(a__b="1")])
    point = unpacking(lambda _: next(archives), tmp_path)
    assert point("arn:layer:1") is None
    assert point("arn:layer:1") is not None


def test_a_package_that_did_not_change_keeps_its_bytecode_in_the_next_layer(tmp_path: Path) -> None:
    first = unpack(zipped(same__m="1", other__m="1"), tmp_path)
    (first / "python" / "same" / "compiled").touch()
    (first / "python" / "other" / "compiled").touch()
    second = unpack(zipped(same__m="1", other__m="2"), tmp_path)
    assert second != first
    assert (second / "python" / "same" / "compiled").exists()
    assert not (second / "python" / "other" / "compiled").exists()
    assert (second / "python" / "other" / "m.py").read_text() == "2"


def test_only_a_few_unpacked_layers_stay_with_what_they_need(tmp_path: Path) -> None:
    for number in range(7):
        layer = unpack(zipped(same__m="1", other__m=str(number)), tmp_path)
        (layer / "python" / "__pycache__").mkdir()  # where Python keeps single modules' bytecode
        os.utime(layer, (number, number))
    assert len(list((tmp_path / "layers").iterdir())) == 4
    assert len(list((tmp_path / "packages").iterdir())) == 5


def test_an_http_event_gets_cookies_and_the_address_that_the_front_saw() -> None:
    event = {
        "version": "2.0",
        "headers": {"cookie": "a=b; c=d", "x-forwarded-for": "198.51.100.1, 192.0.2.7"},
        "requestContext": {"http": {"method": "GET", "sourceIp": "127.0.0.1"}},
    }
    fixed = repaired(event)
    assert fixed["cookies"] == ["a=b", "c=d"]
    assert "cookie" not in fixed["headers"]
    assert fixed["requestContext"]["http"] == {"method": "GET", "sourceIp": "192.0.2.7"}


@pytest.mark.parametrize("event", [None, [1], {"Records": []}, {"version": "1.0", "headers": {}}])
def test_other_events_pass_untouched(event: object) -> None:
    assert repaired(event) is event


def test_a_batch_holds_the_messages_of_the_first_group_that_is_free() -> None:
    def collect(waiting: Waiting, most: int, _hidden_s: int, _now: float) -> list[Message]:
        free = [message for message in waiting["messages"] if not message["busy"]]
        return free[:most]

    waiting: Waiting = {
        "messages": [
            {"group_id": "busy", "busy": True},
            {"group_id": "first", "busy": False},
            {"group_id": "second", "busy": False},
            {"group_id": "first", "busy": False},
        ]
    }
    taken = one_group(collect)(waiting, 10, 30, 0.0)
    assert [message["group_id"] for message in taken] == ["first", "first"]
    assert one_group(collect)({"messages": waiting["messages"][:1]}, 10, 30, 0.0) == []
