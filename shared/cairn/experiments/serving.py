"""Who serves the variations of an experiment: decisions, or clients that evaluate flags."""

import json

from cairn.configuration.model import Document


def flag_of_flow(flow: Document) -> str | None:
    """The flag by which a flow varies, so that decisions serve its variations."""
    flag: str | None = (json.loads(flow.body).get("variants") or {}).get("flag")
    return flag
