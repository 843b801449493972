"""Where archived traces are kept: the parts of each hour, and beside them the last id of each part.

traces/<workspace>/<year>/<month>/<day>/<hour>/<number>.jsonl.gz   a line for each trace
traces/<workspace>/<year>/<month>/<day>/<hour>/parts.json          the last ids
traces/<workspace>/bookmark.json                                   how far the workspace is
"""

import gzip
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from typing import Final

from pydantic_core import from_json, to_json

from cairn.platform.errors import NotFound
from cairn.platform.objects import Bucket
from cairn.traces.fragments import unarchived
from cairn.traces.listing import hour_of
from cairn.traces.model import SCHEMA, Bookmark, Parts, StoredTrace

PARTS: Final = "parts.json"


class TraceArchive:
    """Traces beyond their days, in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def bookmark(self, workspace: str) -> Bookmark | None:
        """See `Bookmarks.bookmark`."""
        body = self._found(_bookmark_key(workspace))
        if body is None:
            return None
        told = from_json(body)
        return Bookmark(*(datetime.fromisoformat(told[name]) for name in ("hour", "turned_at")))

    def mark(self, workspace: str, bookmark: Bookmark) -> None:
        """See `Bookmarks.mark`."""
        self._tell(_bookmark_key(workspace), bookmark)

    def parts(self, workspace: str, hour: datetime) -> Parts:
        """See `Shelf.parts`."""
        body = self._found(_place(workspace, hour, PARTS))
        return Parts(tuple(from_json(body)["ends"])) if body else Parts()

    def tell(self, workspace: str, hour: datetime, parts: Parts) -> None:
        """See `Shelf.tell`."""
        self._tell(_place(workspace, hour, PARTS), parts)

    def put(self, workspace: str, hour: datetime, number: int, lines: Sequence[bytes]) -> None:
        """See `Shelf.put`."""
        self._bucket.put(
            _place(workspace, hour, _part(number)),
            gzip.compress(b"\n".join(lines), mtime=0),
            content_type="application/jsonl",
            encoding="gzip",
        )

    def find(self, workspace: str, trace_id: str, at: datetime) -> StoredTrace | None:
        """The trace as it was archived with the hour of `at`; None where it was not.

        Two reads at most, however many parts the hour has.

        Raises:
            StoreUnavailable: the archive does not answer.
        """
        try:
            hour = hour_of(at)
        except OverflowError:  # at the end of the calendar there is nothing
            return None
        number = self.parts(workspace, hour).holding(trace_id)
        body = self._found(_place(workspace, hour, _part(number))) if number else None
        if body is None:
            return None
        begins = f'["{trace_id}"'.encode()
        with gzip.open(BytesIO(body)) as lines:
            found = next((line for line in lines if line.startswith(begins)), None)
        return unarchived(found) if found else None

    def _tell(self, key: str, told: Bookmark | Parts) -> None:
        body = to_json({"schema": SCHEMA, **asdict(told)})
        self._bucket.put(key, body, content_type="application/json")

    def _found(self, key: str) -> bytes | None:
        try:
            return self._bucket.get(key)
        except NotFound:
            return None


def _place(workspace: str, hour: datetime, name: str) -> str:
    return f"traces/{workspace}/{hour:%Y/%m/%d/%H}/{name}"


def _part(number: int) -> str:
    return f"{number:05d}.jsonl.gz"


def _bookmark_key(workspace: str) -> str:
    return f"traces/{workspace}/bookmark.json"
