"""How the emulator is got and told to behave."""

from pathlib import Path

import pytest

from infra.local.emulator import REQUIREMENTS, Ministack
from infra.local.failure import LocalError


def ministack(folder: Path) -> Ministack:
    return Ministack(folder / "emulator", folder / "unpacked")


def test_a_missing_uv_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"^uv is missing; .*\.$"):
        ministack(tmp_path).install()


def test_an_installation_that_fails_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho no network >&2\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    with pytest.raises(LocalError, match=r"could not install the emulator: no network"):
        ministack(tmp_path).install()
    assert not ministack(tmp_path).is_installed


def test_every_package_of_the_emulator_is_locked_by_version_and_hash() -> None:
    text = REQUIREMENTS.read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip()]
    assert len(packages) > 5
    for package in packages:
        assert "==" in package
        assert "--hash=sha256:" in package
        assert "://" not in package


def test_it_listens_on_loopback_only_and_opens_nothing_else(tmp_path: Path) -> None:
    variables = ministack(tmp_path).environment(4566, tmp_path)
    assert variables["BIND_HOST"] == "127.0.0.1"
    assert variables["IOT_MTLS_ENABLED"] == variables["SFTP_ENABLED"] == "0"
    assert variables["GATEWAY_PORT"] == "4566"


def test_it_is_not_ready_while_nobody_answers(tmp_path: Path) -> None:
    assert not ministack(tmp_path).is_ready(1)
