"""`cairn apply`, `pull`, `schema` and `keys`, as somebody types them; AWS is moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner, Result

from cairn.access.authenticate import KeyRing
from cairn.access.model import Scope
from cairn.access.store import KeyStore
from cairn.alerts.signature import shared_secret, workspace_key
from cairn.configuration.canonical import canonical_json
from cairn.configuration.editing import Signature, edited
from cairn.configuration.model import Actor, Kind
from cairn.configuration.store import ConfigurationStore
from cairn.flags.documents import FlagDocument
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
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
        for table in ("cairn-dev-config", "cairn-dev-keys"):
            boto3.client("dynamodb").create_table(
                TableName=table,
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
        yield KeyStore(Dynamo(boto3.client("dynamodb")), "cairn-dev-keys")


def cairn(*arguments: str) -> Result:
    return CliRunner().invoke(application(["apply", "pull", "schema", "keys"]), arguments)


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


def switch_off(name: str) -> None:
    """Disables a flag as the API does."""
    store = ConfigurationStore(Dynamo(boto3.client("dynamodb")), "cairn-dev-config")
    flag = {"kind": "flag", "id": name, "type": "boolean", "enabled": False, "default": "on"}
    edited(
        store,
        lambda release: store.snapshot(release, None),
        Signature("demo", Actor(via="api", id="key_1"), "disable", datetime.now(UTC), "0" * 32),
        lambda _: canonical_json(FlagDocument.model_validate(flag)),
        Backoff(Deadline.within(5_000)),
        kind=Kind.FLAG,
        identifier=name,
    )


@pytest.mark.usefixtures("keys")
def test_what_the_api_changed_is_told_and_kept(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    cairn("apply", str(tmp_path), *AWS)
    switch_off("a")
    write(tmp_path, "b", "on")
    assert cairn("apply", str(tmp_path), *AWS).stdout.splitlines() == [
        "+ flag/b  new, version 1",
        "= flag/a  version 2, kept: the API changed it, and the files did not",
        "    + /enabled: false",
        "Published release 3 of workspace demo: 1 change.",
    ]


@pytest.mark.usefixtures("keys")
def test_what_both_changed_is_published_only_where_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    cairn("apply", str(tmp_path), *AWS)
    switch_off("a")
    write(tmp_path, "a", "off")
    refused = cairn("apply", str(tmp_path), *AWS)
    assert refused.exit_code == 1
    assert "The API changed flag/a since files were last applied" in refused.stderr
    assert cairn("apply", str(tmp_path), *AWS, "--overwrite").stdout.splitlines() == [
        "~ flag/a  version 2 → 3",
        "    - /enabled: false",
        '    ~ /default: "on" → "off"',
        "Published release 3 of workspace demo: 1 change.",
    ]


@pytest.mark.usefixtures("keys")
def test_what_the_api_changed_is_pulled_into_the_files(tmp_path: Path) -> None:
    write(tmp_path, "a", "on")
    cairn("apply", str(tmp_path), *AWS)
    switch_off("a")
    assert cairn("pull", str(tmp_path), *AWS).stdout.splitlines() == [
        f"~ flag/a  version 2, in {tmp_path}/a.yaml",
    ]
    assert "enabled: false" in (tmp_path / "a.yaml").read_text()
    assert cairn("apply", str(tmp_path), *AWS).stdout.splitlines() == [
        "Published release 3 of workspace demo: files and API agree again.",
    ]
    assert cairn("pull", str(tmp_path), *AWS).stdout.splitlines() == [
        "Nothing to pull: the files already contain what the API changed.",
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
        "This would remove flag/a; pass --remove to confirm."
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
        f"Name one of: {', '.join(Kind)}.\n",
    )


def test_a_key_is_printed_once_and_opens_what_it_should(keys: KeyStore) -> None:
    origin = "https://shop.example.com"
    result = cairn("keys", "create", "--kind", "publishable", "--origin", origin, *AWS)
    headers = {"x-api-key": result.stdout.strip(), "origin": origin}
    ring = KeyRing(keys, "dev")

    principal = ring.authenticate(headers, {}, Scope.DECIDE, Deadline.within(10_000))
    assert (principal.workspace, principal.kind) == ("demo", "publishable")
    with pytest.raises(Forbidden):
        ring.authenticate(
            {**headers, "origin": "https://evil.example"}, {}, Scope.DECIDE, Deadline.within(10_000)
        )


def test_a_secret_key_has_the_role_and_the_name_that_were_asked_for(keys: KeyStore) -> None:
    named = ("--kind", "secret", "--role", "editor", "--name", "ci")
    result = cairn("keys", "create", *named, *AWS)
    key = result.stdout.strip()
    principal = KeyRing(keys, "dev").authenticate(
        {"x-api-key": key}, {}, Scope.WRITE_FLAGS, Deadline.within(10_000)
    )
    assert (principal.name, result.stderr.strip()) == ("ci", f"{principal.key} editor")


def test_a_secret_key_is_a_servers_where_nothing_else_is_said(keys: KeyStore) -> None:
    key = cairn("keys", "create", "--kind", "secret", *AWS).stdout.strip()
    ring = KeyRing(keys, "dev")
    assert (
        ring.authenticate({"x-api-key": key}, {}, Scope.DECIDE, Deadline.within(10_000)).workspace
        == "demo"
    )
    with pytest.raises(Forbidden):
        ring.authenticate({"x-api-key": key}, {}, Scope.WRITE_FLAGS, Deadline.within(10_000))


@pytest.mark.parametrize(
    "arguments",
    [("--kind", "publishable", "--role", "admin"), ("--kind", "secret", "--name", "x" * 65)],
)
def test_what_a_key_cannot_be_is_refused(arguments: tuple[str, ...]) -> None:
    assert cairn("keys", "create", *arguments, *AWS).exit_code == 2


MODELS = """
kind: models
id: default
providers:
  - {id: one, base_url: https://api.example/v1, model: m, key: main}
  - {id: two, base_url: https://elsewhere.example/v1, model: m, key: main}
  - {id: three, base_url: https://api.example/v1, model: m, key: lost}
  - {id: four, base_url: https://api.example/v1, model: m, key: torn}
  - {id: five, base_url: http://127.0.0.1:4000/v1, model: m}
"""


def keep_secret(name: str, value: str) -> None:
    boto3.client("secretsmanager").create_secret(Name=f"cairn-dev-{name}", SecretString=value)


def warned(folder: Path, workspace: str = "demo") -> list[str]:
    (folder / "models.yaml").write_text(MODELS)
    where = ("--environment", "dev", "--workspace", workspace)
    result = cairn("apply", str(folder), "--dry-run", *where)
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    told = [line.removeprefix("warning: ").replace(str(folder), "") for line in lines]
    return [line.removeprefix("/models.yaml:") for line in told]


@pytest.mark.usefixtures("keys")
def test_applying_tells_which_keys_would_not_be_sent_and_never_what_they_are(
    tmp_path: Path,
) -> None:
    bound = {"key": "sk-1", "hosts": ["api.example"], "workspaces": ["demo"]}
    keep_secret("model-key", json.dumps({"main": bound, "torn": {"key": "sk-2"}}))
    nobody = "/key no model is asked here: the key"
    assert warned(tmp_path) == [
        f"6: /providers/1{nobody} 'main' may not be sent to this host: the secret names others",
        f"7: /providers/2{nobody} 'lost' is not in the secret",
        f"8: /providers/3{nobody} 'torn' cannot be read from the secret: hosts: Field required",
    ]
    assert warned(tmp_path, "other")[0] == (
        f"5: /providers/0{nobody} 'main' is not for this workspace: the secret names others"
    )


@pytest.mark.usefixtures("keys")
def test_applying_says_where_it_cannot_know_which_keys_are_sent(tmp_path: Path) -> None:
    assert warned(tmp_path) == ["nobody looked whether the keys of models may be sent."]


@pytest.mark.usefixtures("keys")
def test_each_workspaces_webhooks_have_a_secret_of_their_own() -> None:
    keep_secret("webhook-secret", "the root")
    shown = [
        cairn("keys", "webhook", "--environment", "dev", "--workspace", name).stdout.strip()
        for name in ("demo", "other")
    ]
    assert shown == [shared_secret(workspace_key("the root", name)) for name in ("demo", "other")]
    assert shown[0] != shown[1]


@pytest.mark.usefixtures("keys")
def test_without_the_root_no_secret_of_webhooks_is_shown() -> None:
    result = cairn("keys", "webhook", *AWS)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "The secret cannot be read.\n"
