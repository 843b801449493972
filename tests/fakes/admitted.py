"""Admitted values, in memory."""

from cairn.platform.errors import Conflict


class MemoryAdmitted:
    """Values by workspace and name, with the condition of the real store.

    Attributes:
        reads: how often values were asked for.
        meanwhile: values that somebody else adds before a write, one set before each.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], frozenset[str]] = {}
        self.reads = 0
        self.meanwhile: list[frozenset[str]] = []

    def admitted(self, workspace: str, name: str) -> frozenset[str]:
        """The values of a dimension or vocabulary."""
        self.reads += 1
        return self._values.get((workspace, name), frozenset())

    def admit(self, workspace: str, name: str, known: frozenset[str], more: frozenset[str]) -> None:
        """Adds values to those that are known, or raises `Conflict` where there are others."""
        now = self._values.get((workspace, name), frozenset())
        if self.meanwhile:
            now = self._values[workspace, name] = now | self.meanwhile.pop()
        if len(now) != len(known):
            raise Conflict("There are other values by now.")
        self._values[workspace, name] = now | more
