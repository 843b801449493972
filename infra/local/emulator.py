"""The AWS emulator, behind one small shape so that another can take its place."""

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from infra.local.cloud import ACCOUNT, REGION
from infra.local.failure import LocalError
from infra.local.ports import LOOPBACK

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "emulator-requirements.txt"


class Emulator(Protocol):
    """What the local stack needs of an emulator."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def is_installed(self) -> bool:
        """Whether `install` has nothing to do."""
        ...

    def install(self) -> None:
        """Gets it, from locked versions. Raises `LocalError`."""
        ...

    def command(self) -> Sequence[str]:
        """The program that serves it, and its arguments."""
        ...

    def environment(self, port: int, temporary: Path) -> Mapping[str, str]:
        """The variables that make it serve on loopback `port` and write below `temporary`."""
        ...

    def is_ready(self, port: int) -> bool:
        """Whether it answers."""
        ...

    def api_path(self, api_id: str) -> str:
        """Where on its endpoint the routes of an HTTP API begin."""
        ...


@dataclass(frozen=True, slots=True)
class Ministack:
    """`ministack` in an environment of its own, because it pins botocore.

    Attributes:
        home: Its Python environment.
        unpacked: Where layers are unpacked, once for all functions.
    """

    home: Path
    unpacked: Path
    name: str = "AWS emulator"

    @property
    def is_installed(self) -> bool:
        """Whether the environment was made from today's requirements."""
        mark = self._mark
        return mark.is_file() and mark.read_text() == _fingerprint()

    def install(self) -> None:
        """Makes the environment by uv from the locked requirements.

        Raises:
            LocalError: uv is missing or fails.
        """
        shutil.rmtree(self.home, ignore_errors=True)
        python = str(self._python)
        _uv("venv", "--quiet", "--python", sys.executable, str(self.home))
        _uv(
            *("pip", "install", "--quiet", "--no-config", "--python", python),
            *("--require-hashes", "--no-deps", "--requirement", str(REQUIREMENTS)),
        )
        self._mark.write_text(_fingerprint())

    def command(self) -> Sequence[str]:
        """Its interpreter runs `ministack_server.py`, isolated from this repository's modules."""
        server = HERE / "ministack_server.py"
        return [str(self._python), "-I", str(server), str(self.unpacked)]

    def environment(self, port: int, temporary: Path) -> Mapping[str, str]:
        """Loopback only, no optional listeners, no Docker, nothing of the developer's AWS."""
        return {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "BIND_HOST": LOOPBACK,
            "DOCKER_HOST": "unix:///nonexistent",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_REGION": REGION,
            "SFTP_ENABLED": "0",
            "TMPDIR": str(temporary),
        }

    def is_ready(self, port: int) -> bool:
        """Whether its health page answers."""
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def api_path(self, api_id: str) -> str:
        """It serves every API below one path of its only endpoint."""
        return f"/_aws/execute-api/{api_id}/$default"

    @property
    def _python(self) -> Path:
        return self.home / "bin" / "python"

    @property
    def _mark(self) -> Path:
        return self.home / "installed-from"


def _fingerprint() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()


def _uv(*arguments: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise LocalError("uv is missing; install it from https://docs.astral.sh/uv and try again.")
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        [uv, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LocalError(f"uv could not install the emulator: {done.stderr.strip()}")
