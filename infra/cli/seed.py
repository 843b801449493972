"""What makes a fresh local stack usable: keys, the example configuration, a scripted model."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from cairn.access.keys import new_key
from cairn.access.model import KeyKind
from cairn.access.store import KeyStore
from infra.config import ENVIRONMENTS, Name
from infra.configuration.apply import publish
from infra.configuration.target import target
from infra.configuration.validating import read_configuration
from infra.local.cloud import session
from infra.local.places import ROOT
from infra.local.state import Keys, Running
from infra.model_server.provider import SECRET, authored_models, scripted
from infra.stores import Place

WORKSPACE: Final = "local"
ENVIRONMENT: Final[Name] = "local"
MODEL_SECRET: Final = ENVIRONMENTS[ENVIRONMENT].named(Place.MODEL_KEY)
EXAMPLE: Final = ROOT / "infra" / "examples" / "onboarding"


def seed(facts: Running, *, now: datetime, example: Path = EXAMPLE) -> Running:
    """Makes keys for the local workspace and publishes the example in it.

    Where a scripted model server runs, its provider replaces those of the example, and the
    secret with the providers' keys gets one for it.

    Returns:
        The facts, with the keys.
    """
    place = target(ENVIRONMENT, facts.endpoint)
    keys = Keys(secret=_key(place.keys, "secret"), publishable=_key(place.keys, "publishable"))
    documents = read_configuration(example)
    if facts.model_url is not None:
        models = authored_models(scripted(f"{facts.model_url}/v1"))
        documents = [*(each for each in documents if each.address != models.address), models]
        _tell_key(facts.endpoint)
    publish(documents, place.documents, workspace=WORKSPACE, now=now)
    return facts.model_copy(update={"keys": keys})


def _tell_key(endpoint: str) -> None:
    secrets = session().client("secretsmanager", endpoint_url=endpoint)
    secrets.put_secret_value(SecretId=MODEL_SECRET, SecretString=json.dumps(SECRET))


def _key(store: KeyStore, kind: KeyKind) -> str:
    key, record = new_key(
        kind, workspace=WORKSPACE, environment=ENVIRONMENT, role="admin", name="cairn up"
    )
    store.put(record)
    return key
