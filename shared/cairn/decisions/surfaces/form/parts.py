"""The parts of a flow as they are written: fields, steps, personas, rules."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from cairn.decisions.finding import Middle

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

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Option(Part):
    """One choice of a field; written short as its value where that is also its label.

    Attributes:
        personas: whom it is offered to; everybody, where empty.
    """

    value: Annotated[str, Field(min_length=1, max_length=200)]
    label: Text
    personas: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()


def _option(written: object) -> object:
    return {"value": written, "label": written} if isinstance(written, str) else written


type Number = Annotated[float, Field(allow_inf_nan=False)]
type Count = Annotated[int, Field(ge=0, le=10_000)]


class Validators(Part):
    """What an answer must hold beyond the kind of its field; blank answers are not held to it.

    Attributes:
        min_length: fewest characters of a text.
        max_length: most characters of a text.
        pattern: a regular expression (RE2) that the whole text matches.
        minimum: least number.
        maximum: greatest number.
        whole: whether only whole numbers count.
        min_choices: fewest choices of a `multiselect`.
        max_choices: most choices of a `multiselect`.
        message: what is said of an answer that does not hold; tells nothing of the answer.
    """

    min_length: Count | None = None
    max_length: Count | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    whole: Literal[True] | None = None
    min_choices: Count | None = None
    max_choices: Count | None = None
    message: Text | None = None


class Adjustment(Part):
    """How a field is shown where a condition holds; of several, the first that says something.

    Attributes:
        when: may read whatever rules read; with `required`, only answers and the subject, so that
            what is done never depends on itself.
        required: the answer is needed here; it is never the other way round.
    """

    when: When
    default: AnswerValue | None = None
    placeholder: Text | None = None
    required: Literal[True] | None = None


class FormField(Part):
    """One question.

    Attributes:
        id: unique in the whole flow; the key of its answer.
        options: the choices of a `select` or `multiselect`; None for every other kind.
        required: whether its step is unfinished without an answer.
        default: the answer that stands there at first.
        default_from: `subject.<trait>` or `answers.<field>`: what stands there at first, where it
            is known and would be a valid answer; goes before `default`.
        validators: what an answer must hold.
        adjustments: how the field is shown in some cases.
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
    default_from: (
        Annotated[str, Field(pattern=r"^(answers|subject)\.[a-z][a-z0-9_]{0,63}$")] | None
    ) = None
    placeholder: Text | None = None
    validators: Validators | None = None
    adjustments: Annotated[tuple[Adjustment, ...], Field(max_length=10)] = ()
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


type DocumentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Limits(Part):
    """How much is asked at once.

    Attributes:
        fields: most fields that a model may show of a step; required ones stay beyond it. None
            for no limit.
    """

    fields: Annotated[int, Field(ge=1, le=50)] | None = None


class Thresholds(Part):
    """The least confidence, 0 to 1, with which a tier decides; the rules' is the flow's own.

    Attributes:
        choice: of the likeliest candidate.
        llm: that a model names with its proposal.
    """

    choice: Confidence = 0.6
    llm: Confidence = 0.5


class CascadeSettings(Part):
    """Which tiers decide between the cache and the fallback, and in which order.

    Attributes:
        tiers: in their order; a flow that names no model tier sends nothing to a model.
        thresholds: of the model tiers.
        prompt: the id of the `prompt` document that a model is told.
        models: the id of the `models` document that says who is asked.
        traits: traits that a model may see besides those that conditions read.
    """

    tiers: Annotated[tuple[Middle, ...], Field(min_length=1, max_length=3)] = ("rules",)
    thresholds: Thresholds = Thresholds()
    prompt: DocumentName = "default"
    models: DocumentName = "default"
    traits: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()


class Variant(Part):
    """What is otherwise for those whom a flag gives a variation; what it leaves out stays.

    Attributes:
        flow: another published flow that is decided on in place of this one; alone, and without
            variants of its own.
        threshold: see `FlowDocument`.
        tiers: see `CascadeSettings`.
        thresholds: the same.
        prompt: the same.
        models: the same.
    """

    flow: DocumentName | None = None
    threshold: Confidence | None = None
    tiers: Annotated[tuple[Middle, ...], Field(min_length=1, max_length=3)] | None = None
    thresholds: Thresholds | None = None
    prompt: DocumentName | None = None
    models: DocumentName | None = None


class Variants(Part):
    """Which flag a flow depends on, and how.

    Attributes:
        flag: its id; it places the subject by `targetingKey` or, as long as no subject is known,
            the session. Traits stand beside it under their own names.
        variations: what is otherwise, by the flag's variation; the flow stays as it is for those
            that are not named.
    """

    flag: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
    variations: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")], Variant],
        Field(min_length=1, max_length=10),
    ]


class Completion(Part):
    """What is shown when nothing is left to ask."""

    title: Text
    ctas: Annotated[tuple[Cta, ...], Field(max_length=10)] = ()
