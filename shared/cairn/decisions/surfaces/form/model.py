"""The words of the form surface: what is known of a visitor, what is chosen, what is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cairn.decisions.surfaces.form.compiled import CompiledStep, Flow
from cairn.decisions.surfaces.form.parts import AnswerValue, FieldKind, Persona, Validators


def _is_none(value: object) -> bool:
    return value is None


@dataclass(frozen=True, slots=True)
class PlanOption:
    """One choice of a shown field."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PlanField:
    """One field as it is shown.

    Attributes:
        validators: what an answer must hold; left out where nothing is asked of it.
    """

    id: str
    kind: FieldKind
    label: str
    required: bool
    default: AnswerValue | None
    placeholder: str | None
    options: tuple[PlanOption, ...] | None
    validators: Annotated[Validators | None, Field(exclude_if=_is_none)] = None


@dataclass(frozen=True, slots=True)
class PlanCta:
    """One thing to press."""

    action: str
    label: str


class Plan(BaseModel):
    """One step as it is shown.

    Attributes:
        step_id: the step, or `complete` where nothing is left to ask.
        progress: the share of the steps that concern this visitor and are done, 0 to 1.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    step_id: str
    title: str
    progress: float
    fields: tuple[PlanField, ...]
    ctas: tuple[PlanCta, ...]


class Shown(BaseModel):
    """What a tier chooses: a step and the fields of it, in their order.

    Attributes:
        cta_actions: the buttons in their order; None for all of the step's own.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    step_id: str
    field_ids: tuple[str, ...]
    cta_actions: tuple[str, ...] | None = None


class Visit(NamedTuple):
    """Where a visitor stands in a flow, as the session and the request tell it.

    Attributes:
        answers: by field id, as given.
        traits: of the subject, as given.
        step: the step that is shown now.
        steps_seen: in the order in which they were first shown.
        behavior: the signals that conditions may read.
    """

    answers: Mapping[str, JsonValue]
    traits: Mapping[str, JsonValue]
    step: str | None
    steps_seen: tuple[str, ...]
    behavior: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Case:
    """A visit as decisions see it: personal values are masked, the persona is known.

    Attributes:
        workspace: whose flow it is.
        attributes: what conditions read; the only way in which a tier sees the visit.
        done: the steps that ask for nothing any more.
        offered: the whitelist, see `candidates`.
        hide: takes personal values out of a text in which they are repeated. It knows them and
            shows them to nobody.
    """

    workspace: str
    flow: Flow
    attributes: Mapping[str, JsonValue]
    persona: Persona | None
    done: frozenset[str]
    offered: Mapping[str, CompiledStep]
    hide: Callable[[str], str] = field(default=str, compare=False, repr=False)
