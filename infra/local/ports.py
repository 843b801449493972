"""Loopback ports: which are free, which are taken."""

import socket

from infra.local.failure import LocalError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Checks that `port` can be listened on.

    Raises:
        LocalError: something else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise LocalError(
                f"Port {port} is taken; stop what listens there or choose another with --port."
            ) from error


def is_open(port: int) -> bool:
    """Whether somebody listens on loopback `port`."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def url(port: int, scheme: str = "http") -> str:
    """The address of loopback `port`."""
    return f"{scheme}://{LOOPBACK}:{port}"
