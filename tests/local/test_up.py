"""`cairn up` as people run it: it says where it is, and nothing of it is left afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from infra.local.ports import free_port, is_open
from infra.local.state import Running
from tests.local.processes import descendants, still_alive

pytestmark = [
    pytest.mark.local,
    pytest.mark.xdist_group("local"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

ADAPTIVE: Final = "u-42"  # a subject whom the shipped experiment lets models decide for


@dataclass(frozen=True, slots=True)
class Up:
    """A running `cairn up`."""

    process: subprocess.Popen[str]
    port: int
    state: Path
    said: list[str]
    family: frozenset[int]


@contextmanager
def up(folder: Path, *options: str) -> Iterator[Up]:
    """Runs `cairn up` until it says that it is up."""
    port, state = free_port(), folder / "local.json"
    process = subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, "-m", "infra.cli.main", "up", "--port", str(port), *options],
        env={**os.environ, "CAIRN_STATE": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    with process:
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        yield Up(process, port, state, said, frozenset(descendants(process.pid)))
        process.kill()


def test_it_says_where_everything_is_with_a_real_decision(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        text = "".join(running.said)
        facts = Running.model_validate_json(running.state.read_text())
    assert facts.keys
    assert f"curl {facts.base_url}/v1/decisions" in text
    assert '"id": "dec_' in text
    assert facts.keys.secret in text
    assert facts.keys.publishable in text


def test_a_scripted_model_decides_where_no_rule_does(tmp_path: Path) -> None:
    with up(tmp_path, "--model", "scripted") as running:
        facts = Running.model_validate_json(running.state.read_text())
        assert facts.model_url
        assert facts.keys
        answer = httpx.post(
            f"{facts.base_url}/v1/decisions",
            headers={"x-api-key": facts.keys.secret},
            json={"flow": "onboarding", "subject": {"id": ADAPTIVE}, "deadline_ms": 10_000},
        )
        calls = httpx.get(f"{facts.model_url}/calls").json()
    assert f"{facts.model_url}/v1" in "".join(running.said)
    assert answer.json()["source"] in ("choice", "llm")
    assert calls == {"good": 1}
    assert still_alive(running.family) == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_it_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    with up(tmp_path) as running:
        assert len(running.family) > 6  # three leashes, what they hold, and a worker
        running.process.send_signal(number)
        assert still_alive(running.family) == set()
        running.process.wait()
    assert not is_open(running.port)
    assert running.state.exists() == (number == signal.SIGKILL)


def test_when_the_emulator_dies_it_says_so_and_ends(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        facts = Running.model_validate_json(running.state.read_text())
        (emulator,) = (
            pid for pid in descendants(facts.processes["AWS emulator"]) if os.getpgid(pid) == pid
        )
        os.kill(emulator, signal.SIGKILL)
        said, _ = running.process.communicate()
        assert running.process.returncode == 1
        assert "The AWS emulator stopped with exit code 137" in said
        assert "Traceback" not in said
        assert still_alive(running.family) == set()
