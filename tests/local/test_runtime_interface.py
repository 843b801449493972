"""One function in Lambda's own runtime interface, from its staged asset and the layer's packages.

`aws-lambda-rie` stands for the service and `awslambdaric` is the client that Lambda's Python
images run. The interpreter sees no environment of ours: only the function's asset, the layer and
the client.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import httpx
import pytest

from infra.cli.invoke import filled
from infra.local import places, ports, supervise, synth
from infra.local.cloud import ACCOUNT, REGION, session
from infra.local.stack import LocalStack
from layers.build import build
from tests.local.rie import emulator_binary

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

FUNCTION: Final = "cairn-local-flag-eval"
PACKAGE: Final = "flag_eval"
CLIENT: Final = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""What `awslambdaric` consists of."""

GOLDEN: Final = places.ROOT / "events" / "flag-eval" / "all.json"
INVOKE: Final = "/2015-03-31/functions/function/invocations"
INIT: Final = re.compile(r"INIT REPORT\(durationMs: [0-9.]+\)")


@pytest.fixture
def runtime(stack: LocalStack, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of the runtime interface, and what it prints."""
    task = _asset()
    port, log = ports.free_port(), tmp_path / "runtime.log"
    command = [
        *("env", "-C", str(task), str(emulator_binary()), "--log-level", "info"),
        *("--runtime-interface-emulator-address", f"{ports.LOOPBACK}:{port}"),
        *("--runtime-api-address", f"{ports.LOOPBACK}:{ports.free_port()}"),
        *(sys.executable, "-S", "-m", "awslambdaric", f"functions.{PACKAGE}.handler.handler"),
    ]
    client = _client(tmp_path / "client")
    environment = {**_deployed(stack), **_runtime(stack, task, client)}
    with supervise.start("runtime", command, log=log, environment=environment):
        yield ports.url(port), log


def test_a_golden_event_is_answered_in_the_runtime_interface(
    stack: LocalStack, runtime: tuple[str, Path]
) -> None:
    url, log = runtime
    assert stack.facts.keys
    event = filled(GOLDEN.read_text(), stack.facts.keys.model_dump())
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=url, timeout=60, transport=transport) as client:
        answer = client.post(INVOKE, content=event).json()
    assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"])["flags"]
    assert INIT.search(log.read_text()), log.read_text()


def _deployed(stack: LocalStack) -> Mapping[str, str]:
    """The environment that the template gives the function."""
    client = session().client("lambda", endpoint_url=stack.facts.endpoint)
    found = client.get_function_configuration(FunctionName=FUNCTION)
    return found["Environment"]["Variables"]


def _asset() -> Path:
    """The folder that the template uploads as the function's code."""
    folders = synth.synthesize(places.CLOUD).glob("asset.*")
    return next(each for each in folders if (each / "functions" / PACKAGE / "handler.py").is_file())


def _runtime(stack: LocalStack, task: Path, client: Path) -> Mapping[str, str]:
    """The environment that Lambda gives every function; a function's own code comes first."""
    parts = [task, build("host").path / "python", client]
    return {
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": stack.facts.endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION,
        "LAMBDA_TASK_ROOT": str(task),
        "PYTHONPATH": ":".join(map(str, parts)),
    }


def _client(folder: Path) -> Path:
    """A folder with `awslambdaric` and nothing else of our environment."""
    folder.mkdir()
    for name in CLIENT:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        place = Path(spec.origin)
        source = place.parent if spec.submodule_search_locations else place
        (folder / source.name).symlink_to(source)
    return folder
