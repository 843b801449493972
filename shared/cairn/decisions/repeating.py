"""What a repeated request for a decision or a session means."""

from cairn.decisions.record import Mark
from cairn.platform.idempotency import Repeatable


def made_before(mark: Mark, repeatable: Repeatable) -> str:
    """The id of what the first request with this key made.

    Raises:
        Unprocessable: the key came with another request.
    """
    repeatable.check(mark.request)
    return mark.made
