"""What the commands around the local stack say, without starting one."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.invoke import filled
from infra.cli.logs import named
from infra.cli.main import application
from infra.local import places
from infra.local.failure import LocalError
from infra.local.ports import free_port, require_free
from infra.local.state import read, refuse_second, running
from tests.local.builders import facts


@pytest.fixture
def open_port() -> Iterator[int]:
    """A loopback port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def ended_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])  # our own words
    done.wait()
    return done.pid


def test_a_running_stack_is_found_by_its_facts(tmp_path: Path, open_port: int) -> None:
    facts(open_port).write(tmp_path / "local.json")
    assert running(tmp_path / "local.json") == facts(open_port)


def test_only_the_developer_can_read_the_facts(tmp_path: Path, open_port: int) -> None:
    facts(open_port).write(tmp_path / "local.json")
    assert (tmp_path / "local.json").stat().st_mode & 0o077 == 0


def test_facts_of_an_ended_process_are_nothing(tmp_path: Path, open_port: int) -> None:
    facts(open_port, ended_process()).write(tmp_path / "local.json")
    assert read(tmp_path / "local.json") is None


def test_facts_whose_process_id_was_taken_by_another_are_nothing(tmp_path: Path) -> None:
    facts(free_port()).write(tmp_path / "local.json")
    assert read(tmp_path / "local.json") is None


def test_no_stack_is_said_with_the_command_that_starts_one(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="uv run cairn up"):
        running(tmp_path / "local.json")


def test_a_second_stack_in_the_same_checkout_is_refused(tmp_path: Path, open_port: int) -> None:
    refuse_second(tmp_path / "local.json")
    facts(open_port).write(tmp_path / "local.json")
    with pytest.raises(LocalError, match=str(open_port)):
        refuse_second(tmp_path / "local.json")


def test_a_taken_port_is_said_with_the_way_out(open_port: int) -> None:
    require_free(free_port())
    with pytest.raises(LocalError, match=f"Port {open_port} is taken.*--port"):
        require_free(open_port)


def cairn(
    *words: str, path: Path, state: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own, with a state of its own."""
    return subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-m", "infra.cli.main", *words],
        env={**os.environ, "CAIRN_STATE": str(state or path / "local.json"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_up_on_a_taken_port_ends_with_one_sentence_and_an_error(
    tmp_path: Path, open_port: int
) -> None:
    done = cairn("up", "--port", str(open_port), path=tmp_path)
    assert done.returncode == 1
    assert f"Port {open_port} is taken" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("words", [["status"], ["logs"], ["invoke", "explain", "event.json"]])
def test_commands_that_need_a_stack_say_that_there_is_none(
    tmp_path: Path, words: list[str]
) -> None:
    done = cairn(*words, path=tmp_path)
    assert done.returncode == 1
    assert "cairn up" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_prints_the_facts_as_json(tmp_path: Path, open_port: int) -> None:
    facts(open_port).write(tmp_path / "local.json")
    done = cairn("status", "--json", path=tmp_path)
    assert json.loads(done.stdout)["base_url"] == f"http://127.0.0.1:{open_port}"


def test_status_tells_which_process_is_gone(tmp_path: Path, open_port: int) -> None:
    found = facts(open_port)
    gone = found.model_copy(update={"processes": {"front": os.getpid(), "cache": ended_process()}})
    gone.write(tmp_path / "local.json")
    lines = [line.split() for line in cairn("status", path=tmp_path).stdout.splitlines()]
    assert ["front", "running"] in lines
    assert ["cache", "gone"] in lines


@pytest.mark.parametrize("name", ["track-event", "track_event", "cairn-local-track-event"])
def test_a_function_may_be_named_as_folder_or_as_in_aws(name: str) -> None:
    assert named(facts(1), name) == ("cairn-local-track-event",)


def test_no_name_means_all_functions() -> None:
    assert named(facts(1), None) == ("cairn-local-explain", "cairn-local-track-event")


def test_an_unknown_function_is_answered_with_those_there_are() -> None:
    with pytest.raises(LocalError, match="there are explain, track-event"):
        named(facts(1), "trak-event")


def test_keys_take_their_places_in_an_event() -> None:
    event = '{"headers": {"x-api-key": "{{secret_key}}", "other": "{{publishable_key}}"}}'
    assert filled(event, {"secret": "sk_1", "publishable": "pk_1"}) == (
        '{"headers": {"x-api-key": "sk_1", "other": "pk_1"}}'
    )


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("{", "is not JSON")])
def test_an_event_that_cannot_be_sent_is_said_so(
    tmp_path: Path, open_port: int, content: str | None, words: str
) -> None:
    facts(open_port).write(tmp_path / "local.json")
    event = tmp_path / "event.json"
    if content is not None:
        event.write_text(content)
    done = cairn("invoke", "explain", str(event), path=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr


def test_help_names_every_command_and_loads_nothing_slow() -> None:
    program = (
        "import sys; from infra.cli.main import main; sys.argv[1:] = ['--help']\n"
        "try: main()\n"
        "finally: print(sorted({'boto3', 'aws_cdk', 'aiohttp', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
    for name in ("up", "status", "logs", "invoke"):
        assert f" {name} " in done.stdout


def test_every_command_explains_itself() -> None:
    for name in ("up", "status", "logs", "invoke"):
        answer = CliRunner().invoke(application([name]), [name, "--help"])
        assert answer.exit_code == 0
        assert "Usage" in answer.output


def test_a_killed_runs_files_are_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "RUNS", tmp_path)
    left, kept = tmp_path / f"{ended_process()}-abc", tmp_path / f"{os.getpid()}-abc"
    left.mkdir()
    kept.mkdir()
    with places.run_folder() as folder:
        assert folder.is_dir()
    assert [each.name for each in tmp_path.iterdir()] == [kept.name]
