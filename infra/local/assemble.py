"""Writes the local environment's cloud assembly; a program of its own, because the CDK is slow.

python -m infra.local.assemble FOLDER
"""

import sys
from pathlib import Path

from infra.config import ENVIRONMENTS
from infra.synthesis import synthesize
from layers.build import build


def main(folder: Path) -> None:
    """The functions run on this machine, so their packages are this machine's."""
    synthesize([ENVIRONMENTS["local"]], layer=build("host"), out=folder, checked=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
