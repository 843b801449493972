"""What passes between functions and AWS: counted, and refused on demand."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel

from cairn.platform.aws import HOOKS

HOOK = "before-call"


class Wire:
    """Every call to AWS of the clients that are made while it is tapped.

    Attributes:
        calls: how often each operation was called.
        refusing: operations that are refused for load.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.refusing: set[str] = set()

    def __call__(self, model: OperationModel, **_: object) -> tuple[AWSResponse, object] | None:
        self.calls[model.name] += 1
        if model.name not in self.refusing:
            return None
        refused = {"Code": "ThrottlingException", "Message": "slow down"}
        parsed = {"Error": refused, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return AWSResponse("", 400, HTTPHeaders(), None), parsed


@contextmanager
def tapped() -> Iterator[Wire]:
    """A wire that clients made within this block go through."""
    wire = Wire()
    HOOKS.register(HOOK, wire)  # type: ignore[arg-type]  # it may answer
    try:
        yield wire
    finally:
        HOOKS.unregister(HOOK, wire)  # type: ignore[arg-type]  # the same
