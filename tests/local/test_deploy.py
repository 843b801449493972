"""From a cloud assembly to what stands in the emulator: the parts that need no emulator."""

import json
import zipfile
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.local import synth
from infra.local.assembly import stacks
from infra.local.assets import KEPT, upload, upload_template
from infra.local.cloud import REGION
from infra.local.failure import LocalError


def write_assembly(folder: Path) -> None:
    """Two stacks, the needed one last, beside one of another environment."""
    artifacts = {
        "cairn-local-app": stack(needs=["cairn-local-app.assets", "cairn-local-state"]),
        "cairn-local-app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "x"}},
        "cairn-prod-app": stack(needs=[]),
        "cairn-local-state": stack(needs=[]),
        "Tree": {"type": "cdk:tree"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def stack(*, needs: list[str]) -> dict[str, object]:
    return {"type": "aws:cloudformation:stack", "properties": {}, "dependencies": needs}


def test_local_stacks_come_after_those_they_need(tmp_path: Path) -> None:
    write_assembly(tmp_path)
    found = stacks(tmp_path, "cairn-local")
    assert [each.name for each in found] == ["cairn-local-state", "cairn-local-app"]
    assert found[0].template == tmp_path / "cairn-local-state.template.json"
    assert found[0].assets == tmp_path / "cairn-local-state.assets.json"


def write_assets(folder: Path) -> Path:
    (folder / "code").mkdir()
    (folder / "code" / "app.py").write_text("handler = None")
    (folder / "plain.json").write_text("{}")
    place = {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}"}
    files = {
        "abc": {
            "source": {"path": "code", "packaging": "zip"},
            "destinations": {"here": place | {"objectKey": "abc.zip"}},
        },
        "def": {
            "source": {"path": "plain.json", "packaging": "file"},
            "destinations": {"here": place | {"objectKey": "def.json"}},
        },
    }
    manifest = folder / "stack.assets.json"
    manifest.write_text(json.dumps({"files": files}))
    return manifest


@mock_aws
def test_assets_are_zipped_and_uploaded_where_the_template_looks_for_them(tmp_path: Path) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    manifest, packed = write_assets(tmp_path), tmp_path / "packed"
    upload(s3, manifest, packed)
    upload(s3, manifest, packed)  # a second stack may need the same bucket
    bucket = f"assets-000000000000-{REGION}"
    assert s3.get_object(Bucket=bucket, Key="def.json")["Body"].read() == b"{}"
    assert s3.get_object(Bucket=bucket, Key="abc.zip")["ContentLength"] > 0
    with zipfile.ZipFile(packed / "abc.zip") as archive:
        assert archive.read("app.py") == b"handler = None"


@mock_aws
def test_a_template_is_uploaded_whatever_its_size(tmp_path: Path) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    template = tmp_path / "cairn-local-app.template.json"
    template.write_text("x" * 60_000)
    upload_template(s3, template)
    bucket, _, key = upload_template(s3, template).partition("/")
    assert s3.get_object(Bucket=bucket, Key=key)["ContentLength"] == 60_000


@mock_aws
def test_a_zipped_asset_is_taken_again_by_its_hash(tmp_path: Path) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    manifest, packed = write_assets(tmp_path), tmp_path / "packed"
    packed.mkdir()
    (packed / "abc.zip").write_bytes(b"zipped before")
    upload(s3, manifest, packed)
    found = s3.get_object(Bucket=f"assets-000000000000-{REGION}", Key="abc.zip")
    assert found["Body"].read() == b"zipped before"


@mock_aws
def test_only_so_many_zipped_assets_stay(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    for number in range(KEPT + 5):
        (packed / f"{number}.zip").touch()
    upload(boto3.client("s3", region_name=REGION), write_assets(tmp_path), packed)
    assert len(list(packed.iterdir())) == KEPT


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose template is made by counting."""
    root = tmp_path / "root"
    (root / "functions").mkdir(parents=True)
    (root / "functions" / "handler.py").write_text("1")
    monkeypatch.setattr(synth, "ROOT", root)
    return root


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    runs: list[Path] = []

    def run(folder: Path) -> None:
        folder.mkdir()
        runs.append(folder)

    monkeypatch.setattr(synth, "_run_app", run)
    return runs


def test_an_unchanged_repository_is_not_synthesized_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = count_runs(monkeypatch)
    first = synth.synthesize(tmp_path / "cloud")
    (sources / "functions" / "__pycache__").mkdir()
    (sources / "functions" / "__pycache__" / "handler.pyc").write_text("compiled")
    (sources / "README.md").write_text("new words")
    assert synth.synthesize(tmp_path / "cloud") == first
    assert len(runs) == 1


def test_a_changed_function_is_synthesized_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = count_runs(monkeypatch)
    first = synth.synthesize(tmp_path / "cloud")
    (sources / "functions" / "handler.py").write_text("2")
    assert synth.synthesize(tmp_path / "cloud") != first
    (sources / "functions" / "handler.py").write_text("1")
    assert synth.synthesize(tmp_path / "cloud") == first
    assert len(runs) == 2


def test_only_a_few_assemblies_stay(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_runs(monkeypatch)
    for number in range(synth.KEPT + 2):
        (sources / "functions" / "handler.py").write_text(str(number))
        synth.synthesize(tmp_path / "cloud")
    assert len(list((tmp_path / "cloud").iterdir())) == synth.KEPT


@pytest.mark.usefixtures("sources")
def test_a_missing_node_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"^node is missing, .*\.$"):
        synth.synthesize(tmp_path / "cloud")


@pytest.mark.usefixtures("sources")
def test_cdk_code_that_fails_is_told_by_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth, "PROGRAM", ("-c", "raise ValueError('no such table')"))
    with pytest.raises(LocalError, match="does not synthesize: ValueError: no such table"):
        synth.synthesize(tmp_path / "cloud")
    assert list((tmp_path / "cloud").iterdir()) == []
