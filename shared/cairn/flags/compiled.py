"""Flags as evaluation needs them; whatever their documents were written in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cairn.conditions.model import Attributes, Test
from cairn.conditions.paths import Reader
from cairn.flags.bucketing import Place, Range
from cairn.flags.model import Evaluation, Forced, Sticky

type Decide = Callable[[Attributes, Sticky, Forced], Evaluation | None]
"""Places a subject; None where it lies outside, or lacks what would place it."""


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another flag that must have a certain value.

    Attributes:
        flag: its id.
        parent: the compiled flag; without one the value is null.
        holds: decides about `{"value": …}`.
        gate: whether the whole flag is closed without it, and not only the rule.
    """

    flag: str
    parent: "Flag | None"
    holds: Test
    gate: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A share of all subjects, drawn by hashing.

    Attributes:
        read: gives the attribute that identifies a subject.
    """

    read: Reader
    place: Place
    ranges: tuple[Range, ...]


class Arm(NamedTuple):
    """A variation's range of the number line, and what is answered to who lies in it."""

    start: float
    end: float
    outcome: Evaluation


@dataclass(frozen=True, slots=True)
class Experiment:
    """The experiment that a split is.

    Attributes:
        keep: under which name sticky assignments are kept; empty where none are.
        blocked: names of earlier assignments with which a subject is left out.
    """

    key: str
    keep: str = ""
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """How a rule places subjects by hashing.

    Attributes:
        by: the attribute that identifies a subject.
        read: gives it.
        fallback_by: the attribute for who lacks the first; empty where there is none.
        fallback: gives it.
        needed: whether a subject without either is an error, and not passed over.
        place: where a subject stands.
        within: the share of a namespace to which the rule is limited.
        arms: what is answered where; ranges that overlap go to the first.
        experiment: what the split is compared for, if it is.
    """

    by: str
    read: Reader
    fallback_by: str
    fallback: Reader | None
    needed: bool
    place: Place
    within: Share | None
    arms: tuple[Arm, ...]
    experiment: Experiment | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule.

    Attributes:
        concerns: the condition; None concerns everybody.
        outcome: what everybody gets whom a rule concerns that places nobody; None is a rule that
            only looks at prerequisites.
        place: gives what a rule answers to whom it places.
        holdout: the variations whose subjects go on to the next rules.
    """

    id: str
    concerns: Test | None = None
    requires: tuple[Prerequisite, ...] = ()
    filters: tuple[Share, ...] = ()
    outcome: Evaluation | None = None
    place: Decide | None = None
    holdout: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flag:
    """A compiled flag.

    Attributes:
        rules: none where the flag is switched off.
        otherwise: what is answered where no rule decides.
        closed: what is answered where a prerequisite of the flag is not met.
    """

    id: str
    version: int
    rules: tuple[Rule, ...]
    otherwise: Evaluation
    closed: Evaluation
