"""Publishing configuration in tests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from cairn.configuration.model import Actor, Kind, Publication, address, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.store import ConfigurationStore
from cairn.platform.dynamo import Dynamo
from tests.functions.callers import WORKSPACE
from tests.functions.cloud import Cloud

BY = Actor(via="apply", id="tests")


def publish(
    cloud: Cloud,
    documents: Mapping[tuple[Kind, str], Mapping[str, object]],
    *,
    workspace: str = WORKSPACE,
) -> None:
    """Makes `documents` the whole published configuration of a workspace."""
    store = ConfigurationStore(Dynamo(boto3.client("dynamodb")), cloud.table("config"))
    bodies = {address(*name): json.dumps(body) for name, body in documents.items()}
    now = datetime(2026, 11, 20, tzinfo=UTC)
    release, changes = next_release(store.release(workspace), bodies, now)
    if changes:
        publication = Publication(
            release=release.version, at=now, by=BY, did="apply", changes=tuple(changes)
        )
        store.publish(release, {digest_of(body): body for body in bodies.values()}, publication)
