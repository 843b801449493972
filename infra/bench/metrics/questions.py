"""What may be asked of the read API about metrics."""

from typing import Final

QUESTIONS: Final = tuple(
    f"/v1/metrics/{name}"
    for name in (
        "dashboard",
        "performance",
        "costs",
        "quality",
        "cache",
        "health",
        "funnel",
        "experiments",
    )
)
