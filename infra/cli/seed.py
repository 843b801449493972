"""What makes a fresh local stack usable: keys, and the example configuration."""

from datetime import datetime
from pathlib import Path
from typing import Final

from cairn.access.keys import new_key
from cairn.access.model import KeyKind
from cairn.access.store import KeyStore
from infra.config import Name
from infra.configuration.apply import apply
from infra.configuration.target import target
from infra.local.places import ROOT
from infra.local.state import Keys, Running

WORKSPACE: Final = "local"
ENVIRONMENT: Final[Name] = "local"
EXAMPLE: Final = ROOT / "infra" / "examples" / "onboarding"


def seed(facts: Running, *, now: datetime, example: Path = EXAMPLE) -> Running:
    """Makes keys for the local workspace and publishes the example in it.

    Returns:
        The facts, with the keys.
    """
    place = target(ENVIRONMENT, facts.endpoint)
    keys = Keys(secret=_key(place.keys, "secret"), publishable=_key(place.keys, "publishable"))
    apply(example, place.documents, workspace=WORKSPACE, now=now)
    return facts.model_copy(update={"keys": keys})


def _key(store: KeyStore, kind: KeyKind) -> str:
    key, record = new_key(kind, workspace=WORKSPACE, environment=ENVIRONMENT)
    store.put(record)
    return key
