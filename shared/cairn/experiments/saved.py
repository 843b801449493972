"""How a participant is written as the text that the fold stores."""

import json
from typing import Final

from cairn.experiments.participant import Counters, Exposure, Moment, Participant
from cairn.metrics.following import Identity, Saved
from cairn.metrics.series import GLUE, under

GONE_OVER: Final = '{"into":'
"""How somebody begins who turned out to be somebody else: there is nothing more of them."""


def saved(state: Participant) -> Saved:
    """A participant as text."""
    told = {
        "into": state.into,
        "linked": state.linked,
        "exposures": state.exposures,
        "streams": state.streams,
        "told": {name: _nested(told) for name, told in state.told.items()},
    }
    some = {name: each for name, each in told.items() if each}
    return Saved(state.version, json.dumps(some, separators=(",", ":")))


def into_of(state: Saved) -> Identity | None:
    """Who a participant turned out to be."""
    return participant_of(state).into if state.body.startswith(GONE_OVER) else None


def participant_of(state: Saved) -> Participant:
    """A participant from text."""
    body = json.loads(state.body)
    into = body.get("into")
    return Participant(
        version=state.version,
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
        told={name: _flat(told) for name, told in body.get("told", {}).items()},
    )


def _nested(counters: Counters) -> dict[str, dict[str, int]]:
    """Counters below what their names begin with, which is long and which many share."""
    nested: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        begins, _, ends = name.rpartition(GLUE)
        nested.setdefault(begins, {})[ends] = count
    return nested


def _flat(nested: dict[str, dict[str, int]]) -> dict[str, int]:
    return {
        under(begins, ends) if begins else ends: count
        for begins, counters in nested.items()
        for ends, count in counters.items()
    }
