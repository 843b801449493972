"""Which variation of its flow a decision is made on: placed by a flag, and kept through a login."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from cairn.configuration.model import Snapshot
from cairn.decisions.assigned_variation import AssignedVariation
from cairn.decisions.session import Session

if TYPE_CHECKING:
    from cairn.flags.compiled import Flag
    from cairn.flags.model import Assignment, Evaluation
    from cairn.flags.published import Rulesets

TARGETING_KEY: Final = "targetingKey"
SESSION_ID: Final = "session_id"
"""What flags may place a visitor by: the subject or, until one is known, the session; and always
the session."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What a flag is for a visitor.

    Attributes:
        name: the variation; None where this version of the code cannot read the flag.
        placed: the experiments that placed the visitor, holdouts first.
        kept: what is to be remembered, so that it stays, by experiment and bucket version.
    """

    name: str | None
    placed: tuple[AssignedVariation, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)


UNTOLD: Final = Variation(None)


class VariationResolver:
    """Places visitors by the flags of their workspace.

    Args:
        environment: by which flags may differ.
    """

    def __init__(self, environment: str = "") -> None:
        self._environment = environment
        self._rulesets: Rulesets | None = None

    def of(
        self,
        flag: str,
        snapshot: Snapshot,
        session: Session,
        kept: Mapping[str, str],
        now: datetime,
    ) -> Variation | None:
        """What a flag is for the visitor of a session; None where there is no such flag.

        Args:
            flag: its id.
            snapshot: what is published.
            session: whose visitor it is.
            kept: what the subject was assigned before, in other sessions; it goes before what
                this session was.
            now: the present.
        """
        from cairn.flags.compiled import Flag  # noqa: PLC0415  # few flows have variants

        found = self._flags().of(snapshot, now).flags.get(flag)
        if not isinstance(found, Flag):
            return UNTOLD if found else None
        return _variation(_evaluated(found, session, {**session.kept, **kept}))

    def _flags(self) -> "Rulesets":
        if self._rulesets is None:
            from cairn.flags.published import Rulesets  # noqa: PLC0415  # few flows have variants

            self._rulesets = Rulesets(self._environment)
        return self._rulesets


def context_of(session: Session) -> dict[str, JsonValue]:
    """What flags may read of a visitor."""
    return {
        **session.traits,
        TARGETING_KEY: session.subject_id or session.id,
        SESSION_ID: session.id,
    }


def _evaluated(flag: "Flag", session: Session, kept: Mapping[str, str]) -> "Evaluation":
    """A flag for a visitor, who keeps what was assigned, whatever the flag places by."""
    from cairn.flags.evaluate import evaluate  # noqa: PLC0415  # few flows have variants
    from cairn.flags.placing import subject_of  # noqa: PLC0415  # the same
    from cairn.flags.sticky import kept_under  # noqa: PLC0415  # the same

    context = context_of(session)
    sticky = {kept_under(by, subject_of(value)): kept for by, value in context.items()}
    return evaluate(flag, context, sticky=sticky)


def _variation(evaluation: "Evaluation") -> Variation:
    from cairn.flags.sticky import assignments_of  # noqa: PLC0415  # few flows have variants

    found = assignments_of(evaluation)
    return Variation(
        name=evaluation.variant,
        placed=tuple(map(_placed, found)),
        kept={each.keep: each.variation for each in found if each.keep},
    )


def _placed(assignment: "Assignment") -> AssignedVariation:
    return AssignedVariation(
        key=assignment.experiment,
        variation=assignment.variation,
        bucket=assignment.bucket,
        sticky=assignment.sticky,
    )
