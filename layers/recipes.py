"""Which layers there are, and what goes into each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent


class Layer(StrEnum):
    """A layer of functions."""

    SHARED = "shared"  # every function has it
    ANALYSIS = "analysis"  # for functions that judge experiments, beside the shared one


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a layer is made of.

    Attributes:
        holds: What is in it, shown in the AWS console.
        export: What tells `uv export` which locked packages it has.
        source: Code of our own that it carries, as the package of the same name.
        budget_bytes: Unzipped; Lambda allows 250 MB for all layers and the function together.
    """

    layer: Layer
    holds: str
    export: tuple[str, ...]
    source: Path | None
    budget_bytes: int

    @property
    def requirements(self) -> Path:
        """Its locked packages with hashes, as `--export` wrote them."""
        return ROOT / "layers" / f"{self.layer}.txt"


RECIPES: Final[Mapping[Layer, Recipe]] = {
    Layer.SHARED: Recipe(
        layer=Layer.SHARED,
        holds="Locked packages and cairn itself.",
        export=("--no-dev",),
        source=ROOT / "shared" / "cairn",
        budget_bytes=60_000_000,
    ),
    Layer.ANALYSIS: Recipe(
        layer=Layer.ANALYSIS,
        holds="numpy and scipy.",
        export=("--only-group", "analysis"),
        source=None,
        budget_bytes=175_000_000,
    ),
}
