"""How many events a CPU folds in a second, without any store."""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cairn.events.model import Owner, Parcel
from cairn.metrics.declared import Declared
from cairn.metrics.fold import fold
from cairn.metrics.following import Identity, Saved
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from infra.bench.fold.load import NOW


def events_per_cpu_second(parcels: Sequence[Parcel], declared: Declared) -> float:
    """Folds all parcels once, each owner's state carried on from one to the next."""
    owners: dict[Owner, OwnerFold] = {}
    participants: dict[Identity, Saved] = {}
    with _only_ours():
        started = time.process_time()
        counted = sum(_folded(parcel, owners, participants, declared) for parcel in parcels)
        return counted / (time.process_time() - started)


@contextmanager
def _only_ours() -> Iterator[None]:
    """Keeps the collector from looking through all that waits to be folded: no function has it."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _folded(
    parcel: Parcel,
    owners: dict[Owner, OwnerFold],
    participants: dict[Identity, Saved],
    declared: Declared,
) -> int:
    known = {owner: owners.get(owner, NEVER_SEEN) for owner in parcel.owners}
    done = counted = 0
    while done < len(parcel.events):
        folded = fold(parcel, done, known, declared, participants=participants, now=NOW)
        known.update(folded.owners)
        participants.update(folded.participants)
        done = folded.done
        counted += folded.counted
    owners.update(known)
    return counted
