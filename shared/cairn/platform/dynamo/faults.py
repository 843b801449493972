"""What a failed table call means, in our own error tree."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.errors import SERVER_FAULT, CairnError, Conflict, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PASSING: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Refusals that a retry may overcome."""

CLOSED: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)
"""Refusals that last until somebody mends them: to a request, the table is as good as down."""

RIVALS: Final = {
    "ConditionalCheckFailedException": "The item is not in the expected state.",
    "TransactionConflictException": "A transaction is writing the item.",
}
"""Refusals of a single write that mean: somebody else was there."""

OUTGROWN: Final = "Item size"
"""What DynamoDB says of an item that would be too large, in the message of a validation error."""

CONFLICTS: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict", "DuplicateItem"})
"""Reasons of a cancelled transaction that mean: somebody else was there."""

PASSING_REASONS: Final = frozenset({"None", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a cancelled transaction that mean: not now."""


class ConditionFailed(Conflict):
    """A conditional write met another state than it expected.

    Attributes:
        failed: positions of the failed actions in the transaction; (0,) for a single write.
    """

    def __init__(self, detail: str, failed: tuple[int, ...] = (0,)) -> None:
        super().__init__(detail, code="write_conflict")
        self.failed = failed


class ItemTooLarge(CairnError):
    """A write would make an item larger than a table takes: again would be in vain."""


def translated(error: ClientError | BotoCoreError) -> Exception:
    """The error of our tree that a failed call means; a mistake of ours stays what it is."""
    if isinstance(error, BotoCoreError):
        return StoreUnavailable(f"The table does not answer ({type(error).__name__}).")
    code = error.response["Error"]["Code"]
    if code in RIVALS:
        return ConditionFailed(RIVALS[code])
    if code == "TransactionCanceledException":
        return _cancelled(error)
    if code == "ValidationException" and OUTGROWN in error.response["Error"].get("Message", ""):
        return ItemTooLarge("An item would outgrow its table.")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in PASSING or code in CLOSED or status >= SERVER_FAULT:
        return StoreUnavailable(f"The table refuses ({code}).")
    return error


def _cancelled(error: ClientError) -> Exception:
    reasons: Sequence[Mapping[str, str]] = error.response.get("CancellationReasons", ())  # type: ignore[assignment]  # present on cancelled transactions
    codes = [reason.get("Code", "None") for reason in reasons]
    failed = tuple(position for position, code in enumerate(codes) if code in CONFLICTS)
    if failed:
        return ConditionFailed("The transaction met another state.", failed)
    if PASSING_REASONS.issuperset(codes):
        return StoreUnavailable("The tables refuse for now.")
    if any(OUTGROWN in reason.get("Message", "") for reason in reasons):
        return ItemTooLarge("An item would outgrow its table.")
    return error
