"""How a past goes into a participant, and a link into two of them.

A past is everything that the archive knows of a stream, also what the fold followed itself. So
what both know is there once, as long as one knows it, and a past that goes in again changes
nothing. Of two events that happened to a participant in the same millisecond and are worth the
same, one may pass for the other, if one came before its stream was followed, and the other only
while the archive was read; whoever fills in again gets both.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from cairn.experiments.contribution import contribution, difference
from cairn.experiments.following import Following
from cairn.experiments.gathering import HOPS
from cairn.experiments.participant import NO_COUNTERS, NOBODY, Counters, Moment, Participant
from cairn.metrics.following import Identity
from infra.backfill.replay import Past

type States = Mapping[Identity, Participant]


def root_of(identity: Identity, known: States) -> Identity:
    """Who somebody is in the end."""
    for _ in range(HOPS):
        into = known.get(identity, NOBODY).into
        if into is None:
            return identity
        identity = into
    return identity


def with_past(participant: Participant, past: Past) -> Participant:
    """A participant who did all this too; the same where nothing of it is new or may be kept."""
    missing = _beyond(past, participant.streams)
    if not missing:
        return participant
    streams = {name: tuple(each.elements()) for name, each in missing.items()}
    after = participant.with_all_of(Participant(streams=streams))
    return participant if after.streams == participant.streams else after


def more(before: Participant, after: Participant) -> int:
    """How many moments a participant has that it did not have before."""
    return sum(each.total() for each in _beyond(after.streams, before.streams).values())


def linked(one: Identity, other: Identity, known: States) -> dict[Identity, Participant]:
    """Who changes as somebody turns out to be somebody else, as in the fold."""
    person = root_of(other, known)
    former = known.get(one, NOBODY)
    if root_of(one, known) == person:
        return {}
    if former.into is not None:
        return {one: replace(former, into=person)}
    changed = {one: Participant(version=former.version, into=person)}
    if former.exposures or former.streams or one.kind == "subject":
        whole = known.get(person, NOBODY).with_all_of(former)
        changed[person] = replace(whole, linked=whole.linked or one.kind == "subject")
    return changed


def told(participant: Participant, following: Following) -> tuple[Participant, dict[str, Counters]]:
    """A participant after the arms are told of it, and what to add to them, by experiment."""
    known, arms = dict(participant.told), {}
    for name in participant.exposures:
        if name in following.experiments:
            now = contribution(participant, following.experiments[name])
            changes = difference(known.get(name, NO_COUNTERS), now)
            known[name] = now
            if changes:
                arms[name] = changes
    return replace(participant, told=known), arms


def _beyond(some: Past, others: Past) -> dict[str, Counter[Moment]]:
    """The moments of some that are not among the others, by stream."""
    found = {name: Counter(each) - Counter(others.get(name, ())) for name, each in some.items()}
    return {name: each for name, each in found.items() if each}
