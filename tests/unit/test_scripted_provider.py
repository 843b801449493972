"""A scripted model server as a provider, and how the command line names scenarios."""

from typing import Final

import pytest
import typer
from typer.testing import CliRunner

from cairn.configuration.model import Kind
from cairn.llm.documents import ModelsDocument
from infra.cli.main import COMMANDS, application
from infra.cli.up import scenario_of
from infra.model_server.child import command
from infra.model_server.provider import KEY, authored_models, scripted
from infra.model_server.scenario import SCENARIOS

CAIRN: Final = application(["model-server", "keys"])


def test_providers_are_asked_in_the_order_of_their_servers() -> None:
    document = scripted("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    assert [each.base_url[-4] for each in document.providers] == ["1", "2"]
    assert {each.key for each in document.providers} == {KEY}


def test_the_document_passes_what_written_ones_must() -> None:
    document = scripted("http://127.0.0.1:1/v1")
    authored = authored_models(document)
    assert (authored.kind, authored.id) == (Kind.MODELS, "default")
    assert ModelsDocument.model_validate_json(authored.body) == document


def test_the_command_of_a_server_is_one_that_people_can_type() -> None:
    words = command("slow", 8701, 5.0)
    assert words[words.index("infra.cli.main") + 1 :] == [
        "model-server",
        *("--scenario", "slow"),
        *("--port", "8701"),
        *("--latency-ms", "5.0"),
    ]


@pytest.mark.parametrize(
    ("said", "scenario"), [("scripted", "good"), ("scripted:slow", "slow"), ("scripted:", "good")]
)
def test_a_scripted_model_is_good_unless_told(said: str, scenario: str) -> None:
    assert scenario_of(said) == scenario


@pytest.mark.parametrize("said", ["openai", "scripted:nonsense", ""])
def test_an_unknown_model_is_refused(said: str) -> None:
    with pytest.raises(typer.BadParameter):
        scenario_of(said)


def test_the_scenarios_can_be_listed() -> None:
    told = CliRunner().invoke(CAIRN, ["model-server", "--scenario", "list"])
    assert told.exit_code == 0
    assert all(name in told.output for name in SCENARIOS)


def test_an_unknown_scenario_is_refused_before_anything_listens() -> None:
    told = CliRunner().invoke(CAIRN, ["model-server", "--scenario", "nonsense"])
    assert told.exit_code == 2


def test_the_commands_are_there() -> None:
    assert {"model-server", "faults", "bench"} <= set(COMMANDS)
