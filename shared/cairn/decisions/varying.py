"""Which variation of its flow a decision is made on: placed by a flag, and kept through a login."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from cairn.configuration.model import Snapshot
from cairn.decisions.placed import Placed
from cairn.decisions.session import Session

if TYPE_CHECKING:
    from cairn.flags.published import Rulesets

TARGETING_KEY: Final = "targetingKey"
SESSION_ID: Final = "session_id"
"""What flags may place a visitor by: the subject or, until one is known, the session; and always
the session."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What a flag is for a visitor.

    Attributes:
        name: the variation.
        placed: the experiments that placed the visitor, holdouts first.
        kept: what is to be remembered, so that it stays, by experiment and bucket version.
    """

    name: str
    placed: tuple[Placed, ...]
    kept: Mapping[str, str]


class Varying:
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
        from cairn.flags.evaluate import evaluate  # noqa: PLC0415  # the same
        from cairn.flags.sticky import assignments_of, kept_under  # noqa: PLC0415  # the same

        compiled = self._flags().of(snapshot, now).flags.get(flag)
        if not isinstance(compiled, Flag):
            return None
        context = context_of(session)
        before = {**session.kept, **kept}
        names = (TARGETING_KEY, SESSION_ID)
        sticky = {kept_under(each, str(context[each])): before for each in names}
        evaluation = evaluate(compiled, context, sticky=sticky)
        found = assignments_of(evaluation)
        return Variation(
            name=evaluation.variant,
            placed=tuple(
                Placed(
                    key=each.experiment,
                    variation=each.variation,
                    bucket=each.bucket,
                    sticky=each.sticky,
                )
                for each in found
            ),
            kept={each.keep: each.variation for each in found if each.keep},
        )

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
