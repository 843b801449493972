"""`cairn apply`, `cairn schema` and `cairn keys`, as somebody types them; AWS is moto."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner, Result

from cairn.access.authenticate import KeyRing
from cairn.access.model import Scope
from cairn.access.store import KeyStore
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Forbidden
from infra.cli.main import application
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud

FLAG = "kind: flag\nid: {id}\ntype: boolean\ndefault: {default}\n"
AWS = ("--environment", "dev", "--workspace", "demo")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyStore]:
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud():
        boto3.client("dynamodb").create_table(
            TableName="cairn-dev-config",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield KeyStore(Dynamo(boto3.client("dynamodb")), "cairn-dev-config")


def cairn(*arguments: str) -> Result:
    return CliRunner().invoke(application(["apply", "schema", "keys"]), arguments)


def write(folder: Path, name: str, default: str) -> None:
    (folder / f"{name}.yaml").write_text(FLAG.format(id=name, default=default))


@pytest.mark.usefixtures("keys")
def test_applying_tells_what_changes_and_publishes_it(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    first = cairn("apply", str(tmp_path), *AWS)
    assert first.exit_code == 0
    assert first.stdout.splitlines() == [
        "+ flag/a  new, version 1",
        "Published release 1 of workspace demo: 1 change.",
    ]

    write(tmp_path, "a", "off")
    write(tmp_path, "b", "off")
    assert cairn("apply", str(tmp_path), *AWS).stdout.splitlines() == [
        "~ flag/a  version 1 → 2",
        '    ~ /default: "on" → "off"',
        "+ flag/b  new, version 1",
        "Published release 2 of workspace demo: 2 changes.",
    ]
    assert cairn("apply", str(tmp_path), *AWS).stdout.splitlines() == [
        "Nothing changes: release 2 of workspace demo holds all 2 documents.",
    ]


@pytest.mark.usefixtures("keys")
def test_a_dry_run_publishes_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    for _ in range(2):
        assert cairn("apply", str(tmp_path), *AWS, "--dry-run").stdout.splitlines() == [
            "+ flag/a  new, version 1",
            "Dry run: 1 change, nothing was published in workspace demo.",
        ]


@pytest.mark.usefixtures("keys")
def test_a_removal_must_be_meant(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    write(tmp_path, "b", "on")
    cairn("apply", str(tmp_path), *AWS)
    (tmp_path / "a.yaml").unlink()

    refused = cairn("apply", str(tmp_path), *AWS)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == (
        "This would remove flag/a; say --remove if that is meant."
    )
    assert cairn("apply", str(tmp_path), *AWS, "--remove").stdout.splitlines() == [
        "- flag/a  version 1, removed",
        "Published release 2 of workspace demo: 1 change.",
    ]


def test_all_problems_are_printed_with_their_lines(tmp_path: Path) -> None:
    write(tmp_path, "a", "blue")
    write(tmp_path, "b", "green")
    result = cairn("apply", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{tmp_path}/a.yaml:4: /default there is no variation 'blue'",
        f"{tmp_path}/b.yaml:4: /default there is no variation 'green'",
        "2 problems; nothing was published.",
    ]


@pytest.mark.usefixtures("keys")
def test_what_aws_refuses_is_one_sentence(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    result = cairn("apply", str(tmp_path), "--environment", "prod")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "The table refuses (ResourceNotFoundException)."


def test_a_workspace_has_a_plain_name(tmp_path: Path) -> None:
    result = cairn("apply", str(tmp_path), "--workspace", "_system")
    assert result.exit_code == 2
    assert "up to 32 of a-z" in result.stderr


def test_a_schema_is_printed() -> None:
    assert json.loads(cairn("schema", "alert").stdout)["title"] == "AlertDocument"


def test_which_schema_must_be_said() -> None:
    result = cairn("schema")
    assert (result.exit_code, result.stderr) == (
        2,
        "Say which: flow, flag, alert, telemetry, models, prompt.\n",
    )


def test_a_key_is_printed_once_and_opens_what_it_should(keys: KeyStore) -> None:
    origin = "https://shop.example.com"
    result = cairn("keys", "create", "--kind", "publishable", "--origin", origin, *AWS)
    headers = {"x-api-key": result.stdout.strip(), "origin": origin}
    ring = KeyRing(keys, "dev")

    principal = ring.authenticate(headers, {}, Scope.DECIDE)
    assert (principal.workspace, principal.kind) == ("demo", "publishable")
    with pytest.raises(Forbidden):
        ring.authenticate({**headers, "origin": "https://evil.example"}, {}, Scope.DECIDE)
