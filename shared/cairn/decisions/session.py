"""A session as it is kept, and how it goes on."""

from datetime import datetime
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cairn.decisions.model import DecisionRequest, SessionView, Subject
from cairn.decisions.record import Record

SCHEMA: Final = 1


class Session(BaseModel):
    """What is kept of one visit.

    Attributes:
        subject_id: the caller's own id of the person.
        traits: what is known of the subject.
        brought: whether its id is the caller's own, and therefore opens nothing by itself.
        step: the step on screen.
        steps_seen: every step that was shown, in the order of the first time.
        plan: what was last shown.
        shown_at: when `step` was first shown, in this stay.
        kept: the variations that its visitor was assigned, by experiment and bucket version.
        version: counts its writes; 0 before the first.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    id: str
    brought: bool = False
    flow: str | None = None
    subject_id: str | None = None
    traits: dict[str, JsonValue] = Field(default_factory=dict)
    answers: dict[str, JsonValue] = Field(default_factory=dict)
    step: str | None = None
    steps_seen: tuple[str, ...] = ()
    decisions: int = 0
    decision_id: str | None = None
    plan: JsonValue = None
    started_at: datetime
    touched_at: datetime
    shown_at: datetime | None = None
    kept: dict[str, str] = Field(default_factory=dict)
    version: int = 0

    def with_subject(self, subject: Subject | None) -> Self:
        """The session of this subject, where one is named."""
        return self.model_copy(update=_named(subject))

    def with_request(self, request: DecisionRequest) -> Self:
        """The session with what a request brings; a null takes an answer back."""
        answers = {**self.answers, **request.answers}
        kept = {name: value for name, value in answers.items() if value is not None}
        told = {"flow": request.flow, "answers": kept}
        return self.model_copy(update={**_named(request.subject), **told})

    def after(self, record: Record) -> Self:
        """The session once a decision was made in it."""
        step, now = record.step, record.decided_at
        seen = self.steps_seen if step in self.steps_seen else (*self.steps_seen, step)
        return self.model_copy(
            update={
                "step": step,
                "steps_seen": seen,
                "shown_at": self.shown_at if step == self.step else now,
                "decisions": self.decisions + 1,
                "decision_id": record.answer.id,
                "plan": record.answer.plan,
                "touched_at": now,
            }
        )

    @property
    def view(self) -> SessionView[JsonValue]:
        """What its owner may see of it."""
        return SessionView(
            session_id=self.id,
            flow=self.flow,
            decision_id=self.decision_id,
            step=self.step,
            steps_seen=self.steps_seen,
            plan=self.plan,
            answers=self.answers,
            decisions=self.decisions,
            started_at=self.started_at,
            touched_at=self.touched_at,
        )


def _named(subject: Subject | None) -> dict[str, object]:
    """What a session knows once its subject is named, if one is."""
    return {} if subject is None else {"subject_id": subject.id, "traits": subject.traits}
