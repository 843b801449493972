"""A flow as it is written and published: steps, personas, rules."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cairn.behavior.signals import HESITATION_MS
from cairn.decisions.surfaces.form.check import violations
from cairn.decisions.surfaces.form.parts import (
    CascadeSettings,
    Completion,
    Confidence,
    Identifier,
    Limits,
    Part,
    Persona,
    Rule,
    Step,
    Text,
    Variants,
)
from cairn.platform.validation import refused


class FlowDocument(Part):
    """A flow: what may be asked, of whom, and in which order.

    Attributes:
        id: the name by which frontends ask for the flow.
        threshold: the least confidence, 0 to 1, with which a rule decides.
        hesitation_ms: a field that keeps the cursor longer than this without a change makes a
            hesitation.
        personal_traits: traits of the subject that say who somebody is; masked like personal
            answers.
        steps: every screen; those without a rule that leads to them are reached in `order`.
        order: the steps in the order of the fallback; as they are written, where absent.
        personas: kinds of visitors, tried in order.
        rules: tried in order; the first that holds and may be followed decides.
        completion: what is shown at the end.
        limits: how much is asked at once.
        cascade: who decides, in which order, and how sure they must be.
        variants: what a flag changes of it, if one does.

    Raises:
        pydantic.ValidationError: on reading; every fault with the place where it stands.
    """

    kind: Literal["flow"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    title: Text
    description: str = ""
    threshold: Confidence = 0.5
    hesitation_ms: Annotated[int, Field(ge=500, le=600_000)] = HESITATION_MS
    personal_traits: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=100)]
    order: tuple[Identifier, ...] = ()
    personas: Annotated[tuple[Persona, ...], Field(max_length=50)] = ()
    rules: Annotated[tuple[Rule, ...], Field(max_length=200)] = ()
    completion: Completion
    limits: Limits = Limits()
    cascade: CascadeSettings = CascadeSettings()
    variants: Variants | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        found = violations(self)
        if found:
            raise refused(type(self).__name__, found)
        return self

    @property
    def fallback_order(self) -> tuple[str, ...]:
        """The ids of all steps in the order of the fallback."""
        return self.order or tuple(step.id for step in self.steps)
