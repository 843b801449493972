"""The archive as parcels, in the order in which they came."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cairn.events.model import Parcel
from cairn.events.store import archive_prefix, archived

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Days:
    """Days of UTC, both inclusive."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        count = (self.last - self.first).days + 1
        return (self.first + timedelta(days=number) for number in range(count))

    def wider(self, before: int, after: int) -> "Days":
        """So many more days on either side."""
        return Days(self.first - timedelta(days=before), self.last + timedelta(days=after))


type Receipts = Callable[[str, str], datetime | None]
"""Says when the parcel of a workspace came that was folded, by its id; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A parcel, and when it came."""

    parcel: Parcel
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that holds no parcel."""

    key: str


class ArchiveReader:
    """The archive bucket of an environment.

    Args:
        client: of S3.
        bucket: its name.
        receipts: asked of a parcel that came more than once.
    """

    def __init__(self, client: "S3Client", bucket: str, receipts: Receipts) -> None:
        self._client = client
        self._bucket = bucket
        self._receipts = receipts

    def parcels(self, workspace: str, days: Days) -> Iterator[Archived | Unreadable]:
        """Every parcel of a workspace that came on these days, once, in the order of arrival.

        Raises:
            StoreUnavailable: the receipts cannot be read.
        """
        came: dict[str, dict[datetime, str]] = {}
        for key in (each for day in days for each in self._keys(archive_prefix(workspace, day))):
            try:
                arrived_at, parcel = archived(key)
            except ValueError:
                yield Unreadable(key)
            else:
                came.setdefault(parcel, {})[arrived_at] = key
        folded = (self._folded(workspace, parcel, keys) for parcel, keys in came.items())
        for arrived_at, key in sorted(folded):
            yield self._parcel(key, arrived_at)

    def _folded(
        self, workspace: str, parcel: str, keys: Mapping[datetime, str]
    ) -> tuple[datetime, str]:
        """Of a parcel's arrivals that with which it was folded: the last, if nobody knows."""
        arrived_at = max(keys)
        if len(keys) > 1:
            told = self._receipts(workspace, parcel)
            arrived_at = told if told is not None and told in keys else arrived_at
        return arrived_at, keys[arrived_at]

    def _keys(self, prefix: str) -> Iterator[str]:
        after = ""
        while True:
            answer = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after
            )
            found = [each["Key"] for each in answer.get("Contents", ())]
            yield from found
            if not answer["IsTruncated"]:
                return
            after = found[-1]

    def _parcel(self, key: str, arrived_at: datetime) -> Archived | Unreadable:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            return Archived(Parcel.model_validate_json(gzip.decompress(body)), arrived_at)
        except (ValueError, OSError, EOFError):
            return Unreadable(key)
