"""Builds the layers: locked packages and `cairn`, by uv and without Docker.

The same inputs give the same hash on every machine: versions and their hashes come from
`<layer>.txt`, files carry fixed times and modes, and bytecode is compiled for the functions'
own Python.

    uv run python -m layers.build               # what Lambda runs: Linux on arm64
    uv run python -m layers.build --target host # what the local emulator runs
    uv run python -m layers.build --export      # write the lists of packages anew from uv.lock
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers.bytecode import compile_tree
from layers.packages import LayerError, Target, export_requirements, install
from layers.recipes import RECIPES, ROOT, Layer, Recipe
from layers.tree import settle, sources_of, tree_hash, weigh

CACHE = ROOT / ".cairn" / "layers"
KEPT_BUILDS = 3
SHOWN_BYTES = 100_000
"""The size table leaves out what is smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAsset:
    """A built layer.

    Attributes:
        path: The folder to be zipped; everything in it lies under `python/`.
        sha256: Hash of its tree, hexadecimal.
        size_bytes: Unzipped.
        sizes: Bytes by package, the heaviest first.
    """

    recipe: Recipe
    target: Target
    path: Path
    sha256: str
    size_bytes: int
    sizes: Mapping[str, int]


def build(target: Target, layer: Layer = Layer.SHARED, *, cache: Path = CACHE) -> LayerAsset:
    """Gives a layer for `target`, built now unless its inputs were built before.

    Args:
        target: Lambda's processor, or this machine's for the local emulator.
        layer: Which layer.
        cache: Where builds are kept.

    Raises:
        LayerError: uv is missing or fails, or the layer is over its budget.
    """
    recipe = RECIPES[layer]
    inputs = [*(ROOT / "layers").glob("*.py"), recipe.requirements]
    packages = _kept(
        cache / f"packages-{layer}-{target}-{_short_hash(sorted(inputs))}",
        lambda draft: _install(draft, recipe.requirements, target),
    )
    own = sources_of(recipe.source) if recipe.source else []
    home = _kept(
        cache / f"{layer}-{target}-{_short_hash([*sorted(inputs), *own])}",
        lambda draft: _assemble(draft, packages, own),
    )
    asset = _read(home, recipe, target)
    if asset.size_bytes > recipe.budget_bytes:
        raise LayerError(
            f"the layer {layer} has {asset.size_bytes:,} bytes, its budget {recipe.budget_bytes:,}"
        )
    return asset


def build_all(target: Target) -> Mapping[Layer, LayerAsset]:
    """Every layer for `target`; see `build`."""
    return {layer: build(target, layer) for layer in Layer}


def _short_hash(files: Sequence[Path]) -> str:
    return tree_hash(ROOT, files)[:16]


def _kept(home: Path, make: Callable[[Path], None]) -> Path:
    """`home`, made in a draft beside it and moved there whole, unless it is there already."""
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="building-") as name:
        draft = Path(name) / "build"
        make(draft)
        if not home.exists():  # another process may have been faster with the same bytes
            draft.rename(home)
    _forget_old_builds(home)
    return home


def _install(draft: Path, requirements: Path, target: Target) -> None:
    packages = draft / "python"
    install(packages, requirements, target)
    compile_tree(draft, packages)


def _assemble(draft: Path, packages: Path, own: Sequence[Path]) -> None:
    layer = draft / "layer"
    shutil.copytree(packages, layer, copy_function=shutil.copy)
    for file in own:
        copy = layer / "python" / file.relative_to(ROOT / "shared")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    if own:
        compile_tree(layer, layer / "python" / "cairn")
    settle(layer)
    facts = {"sha256": tree_hash(layer), "sizes": weigh(layer / "python")}
    (draft / "layer.json").write_text(json.dumps(facts))


def _forget_old_builds(newest: Path) -> None:
    kind = newest.name.rpartition("-")[0]
    builds = sorted(newest.parent.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime_ns)
    for old in builds[:-KEPT_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)


def _read(home: Path, recipe: Recipe, target: Target) -> LayerAsset:
    facts = json.loads((home / "layer.json").read_text())
    size_bytes = sum(facts["sizes"].values())
    return LayerAsset(
        recipe=recipe, target=target, path=home / "layer", size_bytes=size_bytes, **facts
    )


def _show(asset: LayerAsset) -> None:
    from rich.console import Console  # noqa: PLC0415  # whoever imports `build` needs no tables
    from rich.table import Table  # noqa: PLC0415  # the same

    table = Table(
        "package", "MB", title=f"layer {asset.recipe.layer} for {asset.target}", show_footer=True
    )
    table.columns[0].footer, table.columns[1].footer = "total", f"{asset.size_bytes / 1e6:.2f}"
    table.columns[1].justify = "right"
    for package, size in asset.sizes.items():
        if size >= SHOWN_BYTES:
            table.add_row(package, f"{size / 1e6:.2f}")
    Console().print(table, f"{asset.path}\nsha256 {asset.sha256}", sep="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="layers.build", description="Builds the layers.")
    parser.add_argument("--target", choices=["arm64", "host"], default="arm64")
    parser.add_argument("--export", action="store_true", help="write the packages anew")
    options = parser.parse_args(arguments)
    try:
        if options.export:
            for recipe in RECIPES.values():
                recipe.requirements.write_text(export_requirements(recipe))
        for asset in build_all(options.target).values():
            _show(asset)
    except LayerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
