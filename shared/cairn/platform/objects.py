"""S3: objects under a key, written once and read back."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.errors import NotFound, StoreUnavailable
from cairn.platform.observability.recording import span

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class Bucket:
    """One bucket, by its name."""

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name

    def put(self, key: str, body: bytes, *, content_type: str, encoding: str = "") -> None:
        """Writes an object, over any former one.

        Raises:
            StoreUnavailable: the bucket did not take it.
        """
        extra = {"ContentEncoding": encoding} if encoding else {}
        with span("PutObject", "client") as putting:
            putting.set("aws.s3.bucket", self._name)
            try:
                self._client.put_object(
                    Bucket=self._name,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    **extra,  # type: ignore[arg-type]  # one optional string
                )
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailable("The archive does not take objects.") from error

    def get(self, key: str) -> bytes:
        """The object's bytes.

        Raises:
            NotFound: there is none under this key.
            StoreUnavailable: the bucket does not answer.
        """
        with span("GetObject", "client") as getting:
            getting.set("aws.s3.bucket", self._name)
            try:
                return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey as error:
                raise NotFound(f"No object {key}.", code="object.not_found") from error
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailable("The archive does not answer.") from error
