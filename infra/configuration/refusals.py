"""Why valid files are not published all the same."""

from cairn.experiments.publishable import Faults
from cairn.platform.errors import Unprocessable


class RemovalRefused(Unprocessable):
    """Published documents are missing in the files, and nobody said that they shall go."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(
            f"This would remove {', '.join(addresses)}; pass --remove to confirm.",
            code="configuration.removal_refused",
        )


class OverwriteRefused(Unprocessable):
    """Files and the API changed the same documents, and nobody said which of them is right."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(
            f"The API changed {', '.join(addresses)} since files were last applied; take that"
            " over with `cairn pull`, or pass --overwrite to undo it.",
            code="configuration.overwrite_refused",
        )


class Disagreement(Unprocessable):
    """The files do not go together with what the API changed and they leave alone."""

    def __init__(self, faults: Faults) -> None:
        told = "; ".join(
            f"{name} {each.pointer}: {each.detail}" for name, of in faults.items() for each in of
        )
        super().__init__(
            f"This conflicts with what the API changed: {told}.",
            code="configuration.disagreement",
        )
