"""The first thing to try: a decision, as a curl command and with its real answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from infra.local.failure import LocalError
from infra.local.state import Running

ASKED: Final = {
    "surface": "form",
    "flow": "onboarding",
    "subject": {"id": "u-42", "traits": {"plan": "trial", "country": "DE"}},
    "answers": {"company_size": "11-50"},
}
PATIENCE_S: Final = 30.0
"""The first call of a function loads it."""

WIDTH: Final = 110
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """A request that was made.

    Attributes:
        curl: The same request as a command.
        answer: What came back.
    """

    curl: str
    answer: Mapping[str, object]

    @property
    def digest(self) -> str:
        """The answer for people: a line for each of its keys, long values cut."""
        lines = [f'  "{key}": {_cut(json.dumps(value))}' for key, value in self.answer.items()]
        return "{\n" + ",\n".join(lines) + "\n}"


def first_decision(facts: Running) -> Example:
    """Asks for a decision.

    Raises:
        LocalError: the stack answers with an error.
    """
    if facts.keys is None:
        raise LocalError("The local stack has no keys yet.")
    url, key, body = f"{facts.base_url}/v1/decisions", facts.keys.secret, json.dumps(ASKED)
    answer = httpx.post(
        url,
        headers={"x-api-key": key, "content-type": "application/json"},
        content=body,
        timeout=PATIENCE_S,
        trust_env=False,  # a proxy does not know our loopback
    )
    if answer.is_error:
        raise LocalError(f"The first decision failed with {answer.status_code}: {answer.text}")
    headers = f"-H 'content-type: application/json' -H 'x-api-key: {key}'"
    curl = " \\\n  ".join((f"curl {url}", headers, f"-d '{body}'"))
    return Example(curl, answer.json())


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
