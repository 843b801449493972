"""Writes the local environment's cloud assembly; a program of its own, because the CDK is slow.

python -m infra.local.assemble FOLDER
"""

import hashlib
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from infra.config import ENVIRONMENTS
from infra.local.ministack_worker import POINTER
from infra.synthesis import synthesize
from layers.build import LayerAsset, build_all
from layers.recipes import Layer


def main(folder: Path) -> None:
    """The functions run on this machine, so their packages are this machine's."""
    with tempfile.TemporaryDirectory() as pointers:
        layers = _light(build_all("host"), Path(pointers))
        synthesize([ENVIRONMENTS["local"]], layers=layers, out=folder, checked=False)


def _light(layers: Mapping[Layer, LayerAsset], pointers: Path) -> Mapping[Layer, LayerAsset]:
    """The layers; one that is heavy and seldom changes stays where it was built, unpacked."""
    return {**layers, Layer.ANALYSIS: _pointer(layers[Layer.ANALYSIS], pointers)}


def _pointer(layer: LayerAsset, folder: Path) -> LayerAsset:
    (folder / POINTER).write_text(str(layer.path))
    told = hashlib.sha256(f"{layer.path} {layer.sha256}".encode()).hexdigest()
    return replace(layer, path=folder, sha256=told)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
