"""How Cairn is doing, and what it stands on."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal

from pydantic import BaseModel

type Status = Literal["ok", "degraded", "down"]

GRAVITY: Final[Mapping[Status, int]] = {"ok": 0, "degraded": 1, "down": 2}


class Dependency(BaseModel):
    """How one thing that Cairn stands on is doing.

    Attributes:
        detail: one English sentence, where not all is well.
        waiting: messages that wait, approximately; of queues that answer.
        in_flight: messages that are being worked on, approximately; of queues that answer.
    """

    status: Status
    detail: str | None = None
    waiting: int | None = None
    in_flight: int | None = None


class Health(BaseModel):
    """How Cairn is doing.

    Attributes:
        status: `degraded` still answers everything, with less; `down` doesn't.
        dependencies: by name; only shown to callers with a key.
    """

    status: Status
    dependencies: Mapping[str, Dependency] | None = None

    @property
    def http_status(self) -> HTTPStatus:
        """What a load balancer understands."""
        down = self.status == "down"
        return HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK


def overall(dependencies: Mapping[str, Dependency]) -> Status:
    """The worst of all."""
    return max((each.status for each in dependencies.values()), key=GRAVITY.__getitem__)
