"""What the infrastructure's tests look at: templates as plain data."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config import Name
from layers.build import LayerAsset
from layers.recipes import RECIPES, Layer

type Json = Any  # a template is whatever CloudFormation allows, and only read here

HASH = re.compile(r"(?<=CurrentVersion[0-9A-F]{8})[0-9a-f]{32}|\b[0-9a-f]{64}\b")
"""What changes with every asset: names of function versions, keys of uploaded files."""


@dataclass(frozen=True, slots=True)
class Template:
    """One stack's template."""

    body: dict[str, Json]

    def of(self, kind: str) -> dict[str, Json]:
        """Properties by logical id of all resources of a type, such as `Lambda::Function`."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def kinds(self) -> set[str]:
        """The types of its resources."""
        return {resource["Type"] for resource in self.body["Resources"].values()}

    def named(self, name: str) -> Json:
        """Properties of the function with that name."""
        return next(
            each for each in self.of("Lambda::Function").values() if each["FunctionName"] == name
        )

    def masked(self) -> str:
        """As text that changes only when something else than code does."""
        return HASH.sub("<hash>", json.dumps(self.body, indent=1, sort_keys=True)) + "\n"


def read(folder: Path, environment: Name, stack: str) -> Template:
    """The template of `stack`, which is `state` or `app`."""
    file = folder / f"cairn-{environment}-{stack}.template.json"
    return Template(json.loads(file.read_text()))


def stand_in_layers(folder: Path, text: str = "") -> Mapping[Layer, LayerAsset]:
    """Layers of one file each, because what is in them is not what these tests are about."""
    return {layer: _stand_in(layer, folder / layer, text) for layer in Layer}


def _stand_in(layer: Layer, folder: Path, text: str) -> LayerAsset:
    module = folder / "python" / "cairn" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text(text)
    return LayerAsset(
        recipe=RECIPES[layer],
        target="arm64",
        path=folder,
        sha256=f"{len(text):064x}",
        size_bytes=len(text),
        sizes={},
    )


def strings(value: Json) -> Iterator[str]:
    """Every string in a piece of a template."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
