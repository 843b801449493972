"""Which variations an event says were served, and what else of it experiments need."""

from collections.abc import Iterator
from typing import Final

from cairn.events.model import Event
from cairn.events.registry import DECISION_MADE, EXPERIMENT_EXPOSED, VARIATION_PREFIX
from cairn.experiments.following import Experiment, Following
from cairn.experiments.participant import Exposure, Moment
from cairn.metrics.following import Identity, Values
from cairn.platform.clock import epoch_ms

UNKNOWN: Final = "unknown"
"""The value of a dimension that nobody has told yet."""


def identities_of(event: Event) -> Iterator[Identity]:
    """Whom an event is about: the subject, the session, both or nobody."""
    if event.subject is not None:
        yield Identity("subject", event.subject)
    if event.session_id is not None:
        yield Identity("session", event.session_id)


def exposures_in(
    event: Event, following: Following, values: Values
) -> Iterator[tuple[str, str, Exposure]]:
    """Experiment, variation and exposure of everything that an event says was served."""
    for name, variation in _told(event, following):
        experiment = following.experiments.get(name)
        if experiment is not None and _counts(event, variation, experiment):
            yield name, variation, Exposure(epoch_ms(event.at), _dimensions(experiment, values))


def moments_in(event: Event, following: Following) -> Iterator[tuple[str, Moment]]:
    """Stream and moment of everything that metrics are made of."""
    for stream in following.streams.get(event.type, ()):
        micro = stream.micro(event)
        if micro is not None:
            yield stream.name, Moment(epoch_ms(event.at), micro)


def concerns(event: Event, following: Following) -> bool:
    """Whether an event may change what is known of any participant."""
    return (
        (event.subject is not None and event.session_id is not None)
        or event.type in following.streams
        or event.type in {DECISION_MADE, EXPERIMENT_EXPOSED}
    )


def _told(event: Event, following: Following) -> Iterator[tuple[str, str]]:
    if event.type == EXPERIMENT_EXPOSED:
        name, variation = event.text("experiment"), event.text("variation")
        if name is not None and variation is not None:
            yield name, variation
    elif event.type == DECISION_MADE:
        for name in following.experiments:
            variation = event.text(VARIATION_PREFIX + name)
            if variation is not None:
                yield name, variation


def _counts(event: Event, variation: str, experiment: Experiment) -> bool:
    """Whether who tells of a variation may do so, and in time."""
    if variation not in experiment.variations:
        return False
    if experiment.decided and event.type != DECISION_MADE:
        return False
    return experiment.starts_ms <= epoch_ms(event.at) < experiment.ends_ms


def _dimensions(experiment: Experiment, values: Values) -> dict[str, str]:
    return {name: values(name) or UNKNOWN for name in experiment.dimensions}
