r"""Metrics as text for Prometheus, exposition format 0.0.4.

What is told are sums over a window that moves on, so all of it are gauges, and each says of which
window it is. In label values `\`, `"` and line ends are escaped, in help texts `\` and line ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

MOST_SERIES: Final = 2_000
"""Series of one answer; more are left out and counted."""

LEFT_OUT: Final = "cairn_series_left_out"

_IN_LABELS: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_IN_HELP: Final = str.maketrans({"\\": "\\\\", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, under its labels."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """Values of one name.

    Attributes:
        name: with its unit, such as `cairn_window_model_cost_usd`.
        says: one sentence.
    """

    name: str
    says: str
    samples: Sequence[Sample]


def exposition(gauges: Sequence[Gauge], most: int = MOST_SERIES) -> str:
    """The gauges as text; those beyond `most` series are left out, which is told last."""
    lines: list[str] = []
    room = most
    for gauge in gauges:
        kept = gauge.samples[:room]
        room -= len(kept)
        if kept:
            lines += _told(gauge, kept)
    left_out = sum(len(each.samples) for each in gauges) - (most - room)
    lines += _told(
        Gauge(LEFT_OUT, "Series that were left out: one answer holds no more.", ()),
        [Sample({}, left_out)],
    )
    return "".join(f"{line}\n" for line in lines)


def _told(gauge: Gauge, samples: Sequence[Sample]) -> list[str]:
    return [
        f"# HELP {gauge.name} {gauge.says.translate(_IN_HELP)}",
        f"# TYPE {gauge.name} gauge",
        *(f"{gauge.name}{_labels(each.labels)} {each.value!r}" for each in samples),
    ]


def _labels(labels: Mapping[str, str]) -> str:
    told = [f'{name}="{value.translate(_IN_LABELS)}"' for name, value in labels.items()]
    return f"{{{','.join(told)}}}" if told else ""
