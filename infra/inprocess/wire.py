"""What lies between a process and its stores: here a call may wait, be refused, or be the last."""

from typing import Protocol

from botocore.exceptions import ClientError

REFUSED = 400


class Wire(Protocol):
    """Sees every call to a store in memory; whatever it raises is what the caller meets."""

    def sent(self, call: str) -> None:
        """A call such as `TransactWriteItems` is on its way; the store has not heard of it."""
        ...

    def prepared(self, call: str) -> None:
        """A transaction holds its items; others that touch one of them now meet a conflict."""
        ...

    def answered(self, call: str) -> None:
        """The store has done it; the caller does not know yet."""
        ...


class CalmWire:
    """A wire on which nothing ever happens."""

    def sent(self, call: str) -> None:
        """See `Wire.sent`."""

    def prepared(self, call: str) -> None:
        """See `Wire.prepared`."""

    def answered(self, call: str) -> None:
        """See `Wire.answered`."""


def refusal(call: str, code: str, message: str = "", *, status: int = REFUSED) -> ClientError:
    """The error by which an AWS client tells that a call was refused."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": message or code},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]  # all that is read of it
        },
        call,
    )
