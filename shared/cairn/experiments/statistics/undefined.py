"""What sums can't tell."""

from typing import Literal

type Gap = Literal[
    "baseline_uncertain",
    "no_denominator",
    "no_variance",
    "not_finite",
    "sums_disagree",
    "too_few_subjects",
]


class Undefined(Exception):
    """The sums don't tell what was asked.

    Attributes:
        code: why; a note's code, see `cairn.experiments.notes`.
    """

    def __init__(self, code: Gap) -> None:
        super().__init__(code)
        self.code: Gap = code
