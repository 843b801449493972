"""Puts the files that a stack needs into the emulator's S3."""

import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.assembly import Asset, AssetManifest
from infra.local.cloud import REGION

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TEMPLATES = "cairn-local-templates"
"""The bucket from which templates are taken: in a request of their own they could have only
51,200 bytes."""

KEPT = 40
"""Zipped assets that stay for the next start."""


def upload_template(s3: "S3Client", template: Path) -> str:
    """Uploads a stack's template, and gives its path: the bucket and its name."""
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=TEMPLATES, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=TEMPLATES, Key=template.name, Body=template.read_bytes())
    return f"{TEMPLATES}/{template.name}"


def upload(s3: "S3Client", manifest: Path, packed: Path) -> None:
    """Uploads every asset of a stack.

    Args:
        s3: Client of the emulator.
        manifest: The stack's asset manifest.
        packed: Where zipped assets are kept by their hash.
    """
    assets = AssetManifest.model_validate_json(manifest.read_text()).files
    for bucket in {place.local_bucket for each in assets.values() for place in each.places}:
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
    for hashed, asset in assets.items():
        content = _content(hashed, asset, manifest.parent, packed)
        for place in asset.places:
            s3.put_object(Bucket=place.local_bucket, Key=place.key, Body=content)


def _content(hashed: str, asset: Asset, assembly: Path, packed: Path) -> bytes:
    source = assembly / asset.source.path
    if asset.source.packaging == "file":
        return source.read_bytes()
    file = packed / f"{hashed}.zip"
    if not file.exists():
        _pack(source, file)
        _forget_old(packed)
    return file.read_bytes()


def _pack(source: Path, file: Path) -> None:
    """Zips a folder without compressing: it travels no farther than the next process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=file.parent)) / "draft.zip"
    with zipfile.ZipFile(draft, "w", strict_timestamps=False) as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source))
    draft.replace(file)
    draft.parent.rmdir()


def _forget_old(packed: Path) -> None:
    for old in sorted(packed.glob("*.zip"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)
