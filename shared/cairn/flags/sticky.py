"""Sticky assignments as data: what subjects were assigned before, and what is to be kept now.

The names are those of the GrowthBook SDK specification: a subject is `<attribute>||<value>`, an
assignment `<experiment>__<bucket version>`. Where they are kept is for the caller to say.
"""

from typing import Final

from cairn.flags.model import Assignment, Evaluation, Sticky

NOTHING_KEPT: Final[Sticky] = {}


def kept_under(by: str, subject: str) -> str:
    """How a subject is named."""
    return f"{by}||{subject}"


def kept_as(experiment: str, bucket_version: int) -> str:
    """How an assignment is named."""
    return f"{experiment}__{bucket_version}"


def assignments_of(evaluation: Evaluation) -> tuple[Assignment, ...]:
    """Every experiment that an evaluation placed its subject in, holdouts first."""
    last = evaluation.assignment
    return evaluation.held if last is None else (*evaluation.held, last)
