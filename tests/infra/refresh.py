"""Writes the snapshots of all templates anew: `uv run python -m tests.infra.refresh`."""

import tempfile
from pathlib import Path

from infra.config import ENVIRONMENTS
from infra.synthesis import synthesize
from tests.infra.assembly import read, stand_in_layers

SNAPSHOTS = Path(__file__).parent / "snapshots"


def main() -> None:
    """Synthesizes all environments and keeps their templates without hashes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        layers = stand_in_layers(Path(folder) / "layers")
        synthesize(ENVIRONMENTS.values(), layers=layers, out=out, checked=False)
        for name in ENVIRONMENTS:
            for stack in ("state", "app"):
                file = SNAPSHOTS / f"cairn-{name}-{stack}.json"
                file.write_text(read(out, name, stack).masked())


if __name__ == "__main__":
    main()
