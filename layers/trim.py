"""What the packages bring that no function needs at run time, and why it may go.

Left out: console scripts (a Lambda has no shell), installers' records (they differ from one
machine to the next), type stubs, C sources, tests, API examples, and the descriptions of the AWS
services that nobody here calls, which are a third of the shared layer.
"""

import shutil
from pathlib import Path

SERVICES = frozenset(
    {
        "dynamodb",
        "events",
        "s3",
        "secretsmanager",
        "sqs",
        "sts",  # credential providers ask it
        "xray",  # the tracing library asks it what to sample
    }
)
"""AWS services for which a client may be made."""

UNUSED = (
    ".lock",  # uv's own
    "bin",  # console scripts
    "*-stubs",  # for type checkers
    "**/*.pyi",  # for type checkers
    "**/*.c",  # sources of what is already compiled
    "**/*.h",
    "**/*.pxd",
    "**/*.pyx",
    "**/tests",
    "*.dist-info/RECORD",  # lists the scripts with their machine's interpreter
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/sboms",  # bills of material of compiled parts
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",  # pages that nobody serves
    "botocore/data/*/*/examples-1.json",
)


def trim(packages: Path) -> None:
    """Removes from the folder `packages` what `UNUSED` names and services not in `SERVICES`."""
    doomed = [path for pattern in UNUSED for path in packages.glob(pattern)]
    services = (packages / "botocore" / "data").glob("*/")
    doomed += [path for path in services if path.name not in SERVICES]
    for path in doomed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # its folder may have gone before it
