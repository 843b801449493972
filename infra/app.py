"""Synthesizes all environments with node alone, into `cdk.out`.

uv run python infra/app.py
npx aws-cdk@2.1148.1 deploy 'cairn-dev-*'    # the newest CDK command that reads our library
"""

import os
import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    # A script's folder comes first on the path, where our `constructs` would hide the library's.
    sys.path.remove(str(Path(__file__).parent))

from infra.config import ENVIRONMENTS  # after the path is right
from infra.synthesis import ROOT, synthesize  # the same
from layers.build import build_all  # the same


def main() -> None:
    """Writes the cloud assembly where the CDK's command wants it, else anew to `cdk.out`."""
    given = os.environ.get("CDK_OUTDIR")
    out = Path(given) if given else ROOT / "cdk.out"
    if not given:
        shutil.rmtree(out, ignore_errors=True)  # it would keep the assets of every change
    synthesize(ENVIRONMENTS.values(), layers=build_all("arm64"), out=out)


if __name__ == "__main__":
    main()
