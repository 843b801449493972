"""The archive as parcels, day by day in the order in which they were made."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cairn.events.model import Parcel

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


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that holds no parcel."""

    key: str


class ArchiveReader:
    """The archive bucket of an environment."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def parcels(self, workspace: str, days: Days) -> Iterator[Parcel | Unreadable]:
        """Every parcel of a workspace that was made on these days."""
        for day in days:
            for key in self._keys(f"parcels/{workspace}/{day:%Y/%m/%d}/"):
                yield self._parcel(key)

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

    def _parcel(self, key: str) -> Parcel | Unreadable:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            return Parcel.model_validate_json(gzip.decompress(body))
        except (ValidationError, OSError, EOFError):
            return Unreadable(key)
