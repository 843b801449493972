"""Compiles a layer for the Python that will run it, so that no cold start has to.

A layer's folder cannot be written to in Lambda: what is not compiled here is compiled again in
every new instance. Bytecode depends on Python's version and on nothing else of a machine, and
this project's Python is the functions' own. The files are *unchecked*: the interpreter takes them
without a look at their sources (PEP 552), whose times a layer does not keep.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

MOUNTED_AT: Final = "/opt"
"""Where Lambda puts a layer; tracebacks name files there."""


def compile_tree(layer: Path, packages: Path) -> None:
    """Writes the bytecode of every module below `packages`, a folder in `layer`.

    The same sources give the same bytes: the order of sets in them is fixed by the hash seed.
    """
    subprocess.run(  # noqa: S603  # our own interpreter and words
        [
            *(sys.executable, "-m", "compileall", "-qq"),
            *("--invalidation-mode", "unchecked-hash"),
            *("-s", str(layer), "-p", MOUNTED_AT),
            str(packages),
        ],
        env={"PYTHONHASHSEED": "0"},
        check=False,  # a package may carry modules for other versions of Python
    )
