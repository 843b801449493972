"""What one event adds to which counters.

* Every event, in group `all`: `events.<type>`, and what it is beside that: a page view, a
  conversion, the first event of a session.
* A session, and its conversions, once more in the group of each declared dimension, under the
  first value that any of its events shows. Where the value comes late, the session and the
  conversions it already had are counted with the event that brings it.
"""

from collections.abc import Mapping

from cairn.events.model import Event
from cairn.metrics.declared import Declared
from cairn.metrics.model import (
    ALL,
    CONVERSIONS,
    EVENTS,
    PAGE_VIEWS,
    SESSIONS,
    VALUE_GLUE,
    Contribution,
    Counters,
)
from cairn.metrics.owners import Draft


def contribution(event: Event, draft: Draft, declared: Declared) -> Contribution:
    """What an event adds, given what is known of its owner."""
    converted = declared.conversions_of(event)
    everything = {EVENTS + declared.type_of(event): 1}
    kind = declared.kind_of(event)
    if kind is not None:
        everything[PAGE_VIEWS] = 1
    for name in converted:
        everything[CONVERSIONS + name] = 1
    groups: dict[str, Counters] = {ALL: everything}
    if event.session_id is None:
        return Contribution(converted=converted, groups=groups)
    if draft.untouched:
        everything[SESSIONS] = 1
    shown = _shown(event, draft, declared)
    for dimension in declared.dimensions:
        if added := _in_dimension(dimension, draft, shown, converted):
            groups[dimension] = added
    return Contribution(shown, converted, kind, groups)


def _shown(event: Event, draft: Draft, declared: Declared) -> dict[str, str]:
    """The dimensions that an event is the first of its session to show."""
    unknown = [name for name in declared.dimensions if name not in draft.dimensions]
    values = {name: declared.value_of(name, event) for name in unknown}
    return {name: value for name, value in values.items() if value is not None}


def _in_dimension(
    dimension: str, draft: Draft, shown: Mapping[str, str], converted: tuple[str, ...]
) -> dict[str, int]:
    """What the event adds to a dimension's group."""
    first = shown.get(dimension)
    value = first or draft.dimensions.get(dimension)
    if value is None:
        return {}
    added = {value + VALUE_GLUE + CONVERSIONS + name: 1 for name in converted}
    if first is not None:
        added[value + VALUE_GLUE + SESSIONS] = 1
        for name, earlier in draft.conversions.items():
            counter = value + VALUE_GLUE + CONVERSIONS + name
            added[counter] = added.get(counter, 0) + earlier
    return added
