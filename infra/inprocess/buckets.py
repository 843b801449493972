"""S3 in memory: objects under keys, listed in order."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from infra.inprocess.wire import CalmWire, Wire, refusal

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PAGE: Final = 1_000
"""Keys of one page of a listing."""

NOT_FOUND: Final = 404

type Request = Mapping[str, Any]  # Any: a call's parameters, as the AWS client takes them


class NoSuchKey(ClientError):
    """There is no object under the key."""


class Exceptions:
    """What the client calls its errors."""

    NoSuchKey = NoSuchKey


class MemoryBuckets:
    """The S3 client of one account; buckets need no making.

    Args:
        wire: what happens between the process and the buckets.
    """

    exceptions = Exceptions

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or CalmWire()
        self._objects: dict[tuple[str, str], bytes] = {}

    def client(self) -> "S3Client":
        """Itself, under the type that the platform asks for."""
        return cast("S3Client", self)

    def keys(self, bucket: str) -> list[str]:
        """The keys of all objects of a bucket; for proofs, not for stores."""
        return sorted(key for name, key in self._objects if name == bucket)

    def put_object(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """PutObject."""
        self._wire.sent("PutObject")
        self._objects[request["Bucket"], request["Key"]] = request["Body"]
        self._wire.answered("PutObject")
        return {}

    def get_object(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """GetObject."""
        self._wire.sent("GetObject")
        body = self._objects.get((request["Bucket"], request["Key"]))
        if body is None:
            told = refusal("GetObject", "NoSuchKey", status=NOT_FOUND)
            raise NoSuchKey(told.response, told.operation_name)
        self._wire.answered("GetObject")
        return {"Body": BytesIO(body)}

    def list_objects_v2(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """ListObjectsV2, by pages of `PAGE` keys."""
        after = request.get("ContinuationToken") or request.get("StartAfter", "")
        prefix = request.get("Prefix", "")
        keys = sorted(
            key
            for bucket, key in self._objects
            if bucket == request["Bucket"] and key.startswith(prefix) and key > after
        )
        page = [{"Key": key} for key in keys[:PAGE]]
        if len(keys) <= PAGE:
            return {"Contents": page, "IsTruncated": False}
        return {"Contents": page, "IsTruncated": True, "NextContinuationToken": keys[PAGE - 1]}
