"""The parts of a flow as they are written: fields, steps, personas, rules."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

type Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""Names steps, fields, personas and rules; without dots, so that condition paths stay simple."""

type Text = Annotated[str, Field(min_length=1, max_length=500)]
type Confidence = Annotated[float, Field(ge=0, le=1)]
type When = dict[str, JsonValue]
"""A condition in the language of `cairn.conditions`; an empty one always holds."""

type FieldKind = Literal[
    "text", "textarea", "email", "tel", "url", "number", "select", "multiselect", "checkbox", "date"
]
type AnswerValue = bool | int | float | str | list[str]


class Part(BaseModel):
    """Whatever a flow is made of: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(Part):
    """One choice of a field; written short as its value where that is also its label."""

    value: Annotated[str, Field(min_length=1, max_length=200)]
    label: Text


def _option(written: object) -> object:
    return {"value": written, "label": written} if isinstance(written, str) else written


class FormField(Part):
    """One question.

    Attributes:
        id: unique in the whole flow; the key of its answer.
        options: the choices of a `select` or `multiselect`; None for every other kind.
        required: whether its step is unfinished without an answer.
        default: the answer that stands there at first.
        personal: whether its answers say who somebody is. Such answers are seen by conditions,
            cache keys, logs and events only as `true`: given.
    """

    id: Identifier
    kind: FieldKind
    label: Text
    options: (
        tuple[Annotated[Option, BeforeValidator(_option, json_schema_input_type=Option | str)], ...]
        | None
    ) = None
    required: bool = False
    default: AnswerValue | None = None
    placeholder: Text | None = None
    personal: bool = False


class Cta(Part):
    """One thing that a visitor can press."""

    action: Identifier
    label: Text


class Step(Part):
    """One screen of the flow.

    Attributes:
        when: whom the step concerns; everybody, where empty.
        fields: in the order in which they are shown.
    """

    id: Identifier
    title: Text
    when: When = {}
    fields: Annotated[tuple[FormField, ...], Field(max_length=50)] = ()
    ctas: Annotated[tuple[Cta, ...], Field(min_length=1, max_length=10)]


class Persona(Part):
    """A kind of visitor; the first persona whose condition holds is the visitor's.

    Attributes:
        text: one sentence, shown wherever a decision names the persona as a reason.
    """

    id: Identifier
    text: Text
    when: When


class Rule(Part):
    """One experience of what should come next.

    Attributes:
        when: where the rule applies.
        step: what comes next then, or `complete`.
        fields: the fields to show, in this order, all required ones among them; all, where absent.
        confidence: how sure the rule is, 0 to 1.
        reason: one sentence: why.
    """

    id: Identifier
    when: When
    step: Identifier
    fields: tuple[Identifier, ...] | None = None
    confidence: Confidence
    reason: Text


class Completion(Part):
    """What is shown when nothing is left to ask."""

    title: Text
    ctas: Annotated[tuple[Cta, ...], Field(max_length=10)] = ()
