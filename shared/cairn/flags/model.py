"""The words of flags: what is asked of them, and evaluations as they are given."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import JsonValue

TARGETING_KEY: Final = "targetingKey"
"""Where OpenFeature clients put the id of the subject."""

STICKY_ASSIGNMENTS: Final = "stickyAssignments"
"""Where clients put what their subject was assigned before (see `Sticky`)."""

type Sticky = Mapping[str, Mapping[str, str]]
"""What subjects were assigned before, as the GrowthBook specification keeps it: by
`<attribute>||<value>`, then by `<experiment>__<bucket version>`, the variation's name."""

type Forced = Mapping[str, str]
"""Variations that are served whatever the hash says, by experiment: for previews and replays."""


class Reason(StrEnum):
    """Why a flag has its value, in OpenFeature's words."""

    STATIC = "STATIC"
    """The flag has no rules."""

    TARGETING_MATCH = "TARGETING_MATCH"
    """A rule serves one variation to all it concerns."""

    SPLIT = "SPLIT"
    """A rule placed the subject by hashing."""

    DEFAULT = "DEFAULT"
    """No rule concerned the subject."""

    DISABLED = "DISABLED"
    """The flag is switched off."""

    UNKNOWN = "UNKNOWN"
    """Not known; never given by our own evaluation."""


class Assignment(NamedTuple):
    """Where an experiment placed a subject.

    Attributes:
        variation: the variation's name.
        by: the attribute that placed the subject.
        subject: that attribute's value; personal, and no text for logs.
        bucket: where the subject stands, from 0 (inclusive) to 1 (exclusive).
        sticky: whether the variation was kept from before.
        rule_id: the rule that placed the subject.
        keep: under which name a sticky assignment is kept (see `Sticky`); empty where the rule is
            not sticky.
    """

    experiment: str
    variation: str
    by: str
    subject: str
    bucket: float
    sticky: bool
    rule_id: str
    keep: str = ""


type Placed = tuple[str, str, str, str, bool]
"""How an experiment placed whom: its key, and `keep`, `by`, `subject`, `sticky` of an `Assignment`.

A bare tuple, because one is made in most evaluations and looked at in few.
"""


class Evaluation(NamedTuple):
    """What a flag is for one subject, and why.

    Attributes:
        variant: the variation's name.
        rule_id: the rule that decided, if one did.
        flag_version: the version of the flag's document.
        bucket: where the subject stands, if the rule placed it by hashing.
        placed: by the experiment that decided, if one did.
        held: assignments of holdouts that let the subject pass.
    """

    flag: str
    value: JsonValue
    variant: str
    reason: Reason
    rule_id: str | None
    flag_version: int
    bucket: float | None = None
    placed: Placed | None = None
    held: tuple[Assignment, ...] = ()

    @property
    def assignment(self) -> Assignment | None:
        """Where the experiment that decided placed the subject, if one did."""
        if self.placed is None or self.bucket is None:
            return None
        experiment, keep, by, subject, sticky = self.placed
        return Assignment(
            experiment=experiment,
            variation=self.variant,
            by=by,
            subject=subject,
            bucket=self.bucket,
            sticky=sticky,
            rule_id=self.rule_id or "",
            keep=keep,
        )
