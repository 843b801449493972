"""The backfill of an experiment in an environment."""

from contextlib import suppress
from datetime import date, datetime, timedelta

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.events.store import archive_prefix, archived
from cairn.experiments.contribution import PERIOD_BEFORE_MS
from cairn.experiments.following import Following
from cairn.experiments.gathering import Followed
from cairn.experiments.published import Followings
from cairn.metrics.store import FoldStore
from cairn.platform.clock import Clock, Wait, from_epoch_ms, jittered, rfc3339
from infra.backfill.filling import Filling
from infra.backfill.replay import Replay, streams_of
from infra.backfill.run import Backfill
from infra.backfill.store import LiveStore, Rehearsal, Store
from infra.local.failure import LocalError
from infra.rebuild.archive import ArchiveReader
from infra.rebuild.place import Stores
from infra.stores import Table


def backfill_of(  # noqa: PLR0913  # what, where, when and how
    stores: Stores,
    workspace: str,
    experiment: str,
    clock: Clock,
    *,
    dry_run: bool = False,
    wait: Wait = jittered,
) -> Backfill:
    """The backfill of a workspace's experiment; a dry run writes nothing.

    Raises:
        LocalError: there is no such experiment, nothing of it is counted, or the archive does not
            reach back.
        StoreUnavailable: the configuration cannot be read.
    """
    named = stores.environment.named
    following = _following(stores, workspace, experiment)
    followed = following.experiments[experiment]
    since = from_epoch_ms(followed.starts_ms - PERIOD_BEFORE_MS)
    _check_reach(stores, workspace, since, from_epoch_ms(followed.starts_ms), clock())
    sessions, metrics = named(Table.SESSIONS), named(Table.METRICS)
    folded = FoldStore(stores.dynamo, sessions, metrics, stores.shards)
    live = LiveStore(stores.dynamo, sessions, metrics, stores.shards)
    store: Store = Rehearsal(live) if dry_run else live
    return Backfill(
        workspace=workspace,
        experiment=experiment,
        since=since,
        archive=ArchiveReader(stores.s3, stores.bucket, folded.arrived_at),
        done=live.done,
        replay=Replay(streams_of(followed, following), live.participants),
        filling=Filling(workspace, store, following, clock, wait),
        clock=clock,
    )


def _following(stores: Stores, workspace: str, experiment: str) -> Following:
    configuration = ConfigurationStore(stores.dynamo, stores.environment.named(Table.CONFIG))
    snapshot = Snapshots(configuration).current(workspace)
    if snapshot.find(Kind.EXPERIMENT, experiment) is None:
        raise LocalError(f"There is no experiment {experiment} in {workspace}.")
    found = Followings().of(snapshot)
    if not isinstance(found, Followed) or experiment not in found.following.experiments:
        raise LocalError(
            f"Nothing of {experiment} is counted: it has no start, or its flag's rule or a metric "
            "is missing."
        )
    return found.following


def _check_reach(
    stores: Stores, workspace: str, since: datetime, starts: datetime, now: datetime
) -> None:
    """Complains of an archive that holds nothing from before, or dropped some of it by its age."""
    first = _first(stores, workspace, now.date())
    if first is None or first >= starts:
        holds = "is empty" if first is None else f"begins at {rfc3339(first)}"
        raise LocalError(
            f"The archive of {workspace} {holds}, and the experiment at {rfc3339(starts)}: nothing "
            "is known from before it."
        )
    oldest = now - timedelta(days=stores.environment.archive_days)
    if since < first <= oldest:
        raise LocalError(
            f"The archive of {workspace} begins on {first:%Y-%m-%d}, since it keeps "
            f"{stores.environment.archive_days} days; the time before begins on {since:%Y-%m-%d}."
        )


def _first(stores: Stores, workspace: str, today: date) -> datetime | None:
    """When the first parcel came that is still there."""
    prefix, *_ = archive_prefix(workspace, today).rsplit("/", 4)
    answer = stores.s3.list_objects_v2(Bucket=stores.bucket, Prefix=prefix + "/")
    for each in answer.get("Contents", ()):
        with suppress(ValueError):
            came, _ = archived(each["Key"])
            return came
    return None
