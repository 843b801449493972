"""Identical calls in flight are made once: the first claims, the others wait for what lands.

The claim and what landed are one short-lived value in `SharedState`. A call that fails gives its
claim up, and the first of those who wait takes it over.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from cairn.llm.documents import Provider
from cairn.llm.model import ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.platform.shared_state import Change, Claim, Drop, Put

PENDING: Final = b""
LANDED_MS: Final = 2_000
"""How long those who wait find what landed."""

MARGIN_MS: Final = 250
"""How much longer than its own deadline a claim holds."""

POLL_MS: Final = 20.0
"""How often those who wait look."""

SLACK: Final = 0.5
"""The share of its time that a call spends waiting for another; the rest it needs for itself."""


@dataclass(frozen=True, slots=True)
class Landed[Reply]:
    """What another request's call gave."""

    reply: Reply
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Flight:
    """One question that may be asked by several requests at once."""

    key: str

    @classmethod
    def of(cls, workspace: str, ask: ToolAsk | ChoiceAsk, providers: list[Provider]) -> "Flight":
        """The same for the same question to the same models, within a workspace."""
        models = [(each.base_url, each.model) for each in providers]
        body = json.dumps([type(ask).__name__, asdict(ask), models], sort_keys=True)
        digest = blake2b(body.encode(), digest_size=16).hexdigest()
        return cls(f"{{{workspace}}}:flight:{digest}")

    def claim(self, left_ms: float) -> Change:
        """Asks to be the one that calls; answers None, or what `landed` reads."""
        return Claim(self.key, PENDING, int(left_ms) + MARGIN_MS)

    def land[Reply](self, landed: Landed[Reply]) -> Change:
        """Leaves the reply for those who wait."""
        return Put(self.key, _READERS[type(landed.reply)].dump_json(landed), LANDED_MS)

    def give_up(self) -> Change:
        """Lets the next one call."""
        return Drop(self.key)


def landed[Reply](kind: type[Reply], body: bytes) -> Landed[Reply] | None:
    """What lies under a claim; None while it is pending, or where it is not readable."""
    if body == PENDING:
        return None
    try:
        found: Landed[Reply] = _READERS[kind].validate_json(body)
    except ValidationError:
        return None
    return found


_READERS: Final[Mapping[type, TypeAdapter[Any]]] = {  # Any: by the kind of reply
    ToolReply: TypeAdapter(Landed[ToolReply]),
    ChoiceReply: TypeAdapter(Landed[ChoiceReply]),
}
