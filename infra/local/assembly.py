"""The cloud assembly that the CDK writes: its stacks and the files they need.

Source: the schemas of `manifest.json` and of asset manifests in the CDK's
`cloud-assembly-schema`.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.local.cloud import ACCOUNT, REGION

STACK = "aws:cloudformation:stack"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Destination(_Document):
    """Where an asset is looked for in S3."""

    bucket: str = Field(alias="bucketName")
    key: str = Field(alias="objectKey")

    @property
    def local_bucket(self) -> str:
        """The bucket's name in the emulated account."""
        return self.bucket.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


class Source(_Document):
    """Where an asset lies in the assembly, and whether it is a folder to be zipped."""

    path: Path
    packaging: Literal["zip", "file"]


class Asset(_Document):
    """One file or folder that a stack needs in S3."""

    source: Source
    destinations: dict[str, Destination]

    @property
    def places(self) -> list[Destination]:
        """Every place where it is looked for."""
        return list(self.destinations.values())


class AssetManifest(_Document):
    """All assets of a stack, by hash."""

    files: dict[str, Asset] = {}


class StackProperties(_Document):
    """What is known of an artifact; only stacks have all of it."""

    template: Path | None = Field(default=None, alias="templateFile")
    stack_name: str | None = Field(default=None, alias="stackName")


class Artifact(_Document):
    """One entry of the assembly's manifest."""

    kind: str = Field(alias="type")
    properties: StackProperties = StackProperties()
    dependencies: tuple[str, ...] = ()


class Manifest(_Document):
    """The assembly's table of contents."""

    artifacts: dict[str, Artifact]


class StackFiles(_Document):
    """A stack's name, its template and its assets' manifest."""

    name: str
    template: Path
    assets: Path


def stacks(folder: Path, prefix: str) -> list[StackFiles]:
    """The assembly's stacks whose names begin with `prefix`, each after those it depends on."""
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_text())
    names = [name for name, artifact in manifest.artifacts.items() if artifact.kind == STACK]
    ordered = sorted(names, key=lambda name: len(_needed(manifest, name)))
    found = [_files(folder, name, manifest.artifacts[name]) for name in ordered]
    return [stack for stack in found if stack.name.startswith(prefix)]


def _needed(manifest: Manifest, name: str) -> frozenset[str]:
    direct = [each for each in manifest.artifacts[name].dependencies if each in manifest.artifacts]
    return frozenset(direct).union(*(_needed(manifest, each) for each in direct))


def _files(folder: Path, name: str, artifact: Artifact) -> StackFiles:
    return StackFiles(
        name=artifact.properties.stack_name or name,
        template=folder / (artifact.properties.template or f"{name}.template.json"),
        assets=folder / f"{name}.assets.json",
    )
