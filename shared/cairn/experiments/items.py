"""How participants and arms look as stored items."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from cairn.experiments.participant import (
    NOBODY,
    Counters,
    Exposure,
    Identity,
    Moment,
    Participant,
)
from cairn.platform.dynamo import Item, Key

SCHEMA: Final = 1
PARTICIPANT: Final = "fold#participant"
ARMS: Final = "arms"
EXPIRES: Final = "expires_at"

KEPT: Final = timedelta(days=220)
"""A participant outlives the longest experiment and the longest window, from its last write on."""

_NOT_COUNTERS: Final = frozenset({"pk", "sk", "schema"})


def participant_key(workspace: str, identity: Identity, suffix: str) -> Key:
    """Where a participant is: beside the other items of its subject or session.

    Args:
        workspace: whose it is.
        identity: who it is.
        suffix: of a fold version that is rebuilt.
    """
    return Key(f"{workspace}#{identity.kind}#{identity.id}", PARTICIPANT + suffix)


def arms_key(workspace: str, experiment: str, shard: int, version: int) -> Key:
    """Where a shard of an experiment's arms is; it never expires."""
    return Key(f"{workspace}#arms#{version}#{shard}#{experiment}", ARMS)


def participant_item(
    workspace: str, identity: Identity, state: Participant, now: datetime, suffix: str
) -> Item:
    """A participant as an item."""
    key = participant_key(workspace, identity, suffix)
    body = {
        "into": state.into,
        "linked": state.linked,
        "exposures": state.exposures,
        "streams": state.streams,
        "told": state.told,
    }
    return {
        "pk": key.pk,
        "sk": key.sk,
        "schema": SCHEMA,
        "version": state.version,
        EXPIRES: int((now + KEPT).timestamp()),
        "body": json.dumps(
            {name: told for name, told in body.items() if told}, separators=(",", ":")
        ),
    }


def participant_of(item: Item | None) -> Participant:
    """A participant from its item."""
    if item is None:
        return NOBODY
    body = json.loads(str(item["body"]))
    into = body.get("into")
    return Participant(
        version=int(str(item["version"])),
        into=Identity(*into) if into else None,
        linked=body.get("linked", False),
        exposures={
            experiment: {variation: Exposure(*each) for variation, each in seen.items()}
            for experiment, seen in body.get("exposures", {}).items()
        },
        streams={
            name: tuple(Moment(*each) for each in moments)
            for name, moments in body.get("streams", {}).items()
        },
        told=body.get("told", {}),
    )


def counters_of(items: Iterable[Item]) -> Counters:
    """The shards of an experiment's arms, added up."""
    total: dict[str, int] = {}
    for item in items:
        for name, value in item.items():
            if name not in _NOT_COUNTERS:
                total[name] = total.get(name, 0) + int(str(value))
    return {name: count for name, count in total.items() if count}
