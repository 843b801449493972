"""What a model said: a proposal inside the whitelist, or a fault with a code."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cairn.decisions.arguments import Arguments, read_arguments
from cairn.decisions.limits import REASONING_CHARS
from cairn.decisions.proposal import Fault, Proposal
from cairn.decisions.surfaces.form.candidates import admits, ctas_of
from cairn.decisions.surfaces.form.context import NONE_OF_THESE
from cairn.decisions.surfaces.form.enhance import completed
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parts import FieldKind
from cairn.decisions.surfaces.form.tool import TOOL, proposable
from cairn.events.registry import COMPLETE
from cairn.llm.model import ChoiceReply, ToolReply
from cairn.llm.probabilities import add_up
from cairn.llm.redact import redacted

CUT_OFF: Final = frozenset({"length", "max_tokens"})
FILTERED: Final = frozenset({"content_filter", "refusal"})

type Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True)


class _Field(_Part):
    id: str
    kind: FieldKind


class _Arguments(_Part):
    """What the tool's schema lets through, as far as a schema can tell."""

    reasoning: str
    step_id: str
    fields: Annotated[list[_Field], Field(max_length=500)]
    ctas: Annotated[list[str], Field(max_length=100)]
    confidence: Probability


def parsed(case: Case, reply: ToolReply) -> Proposal[Shown] | Fault:
    """Reads a tool call: whole, one, the right one, valid, and grounded in the candidates.

    What the model forgot of what may not be left out is added; whatever else does not fit is a
    fault. Nothing in a fault is the model's own words.
    """
    fault = _of_reply(reply)
    if fault is not None:
        return fault
    read = read_arguments(reply.arguments or "")
    if isinstance(read, Fault):
        return read
    arguments = _validated(case, read)
    return arguments if isinstance(arguments, Fault) else _grounded(case, arguments)


def chosen(case: Case, reply: ChoiceReply) -> Proposal[Shown] | Fault:
    """The likeliest candidate with its probability; thresholds are the tier's matter."""
    fault = _of_choice(case, reply)
    if fault is not None:
        return fault
    probabilities = reply.probabilities
    best = max(probabilities, key=lambda option: probabilities[option])
    if best == NONE_OF_THESE:
        return Fault("none_of_these", "The model found that no candidate fits.")
    fields = () if best == COMPLETE else tuple(each.id for each in case.offered[best].step.fields)
    choice = Shown(step_id=best, field_ids=fields)
    return Proposal(choice=choice, confidence=probabilities[best])


def _of_reply(reply: ToolReply) -> Fault | None:  # noqa: PLR0911  # one line for each fault
    """What is wrong with a reply before its arguments are looked at."""
    if reply.refusal or reply.finish_reason in FILTERED:
        return Fault("refused", "The model declined to answer.")
    if reply.finish_reason in CUT_OFF:
        return Fault("truncated", "The answer was cut off at its token limit.")
    if reply.calls > 1:
        return Fault("multi_call", "The model called more than one tool.")
    if reply.calls == 1 and reply.name != TOOL:
        return Fault("wrong_tool", "The model called another tool.")
    if reply.text and reply.text.strip():
        return Fault("extra_text", "The model wrote text besides or instead of the call.")
    if reply.calls < 1 or not (reply.arguments or "").strip():
        return Fault("empty", "The model said nothing.")
    return None


def _of_choice(case: Case, reply: ChoiceReply) -> Fault | None:
    """What is wrong with a choice, whichever option is the likeliest."""
    if reply.refusal:
        return Fault("refused", "The model declined to choose.")
    if reply.fault:
        return Fault(reply.fault, "The model named other options than the case's, or one twice.")
    if not reply.probabilities:
        return Fault("empty", "The model gave no probabilities.")
    if not reply.probabilities.keys() <= {*proposable(case), NONE_OF_THESE}:
        return Fault("outside_whitelist", "The model chose among other options than the case's.")
    if not add_up(reply.probabilities):
        return Fault("schema", "The probabilities do not lie between 0 and 1 and add up to 1.")
    return None


def _validated(case: Case, read: Arguments) -> _Arguments | Fault:
    whole = read if _has_fields(case, read.get("step_id")) else {"fields": [], **read}
    try:
        return _Arguments.model_validate(whole)
    except ValidationError as error:
        return Fault("schema", f"The arguments break the schema in {error.error_count()} places.")


def _has_fields(case: Case, step_id: object) -> bool:
    """Whether fields must be named; the tool leaves them out where no step that is told has any."""
    step = case.offered.get(step_id) if isinstance(step_id, str) else None
    return step is not None and bool(step.fields)


def _grounded(case: Case, arguments: _Arguments) -> Proposal[Shown] | Fault:
    stranger = _stranger(case, arguments)
    if stranger is not None:
        return Fault("outside_whitelist", f"The model named {stranger} that is not on offer.")
    said = Shown(
        step_id=arguments.step_id,
        field_ids=tuple(dict.fromkeys(each.id for each in arguments.fields)),
        cta_actions=tuple(dict.fromkeys(arguments.ctas)),
    )
    choice = completed(case, said)
    if not admits(case, choice):
        return Fault("outside_whitelist", "What the model proposed may not be shown.")
    added = set(choice.field_ids) - set(said.field_ids)
    return Proposal(
        choice=choice,
        confidence=arguments.confidence,
        reasoning=redacted(arguments.reasoning[:REASONING_CHARS]).text,
        completed=tuple(name for name in choice.field_ids if name in added),
    )


def _stranger(case: Case, arguments: _Arguments) -> str | None:
    """The first thing that does not belong here, by what it is."""
    name = arguments.step_id
    if name not in proposable(case):
        return "a step"
    own = {} if name == COMPLETE else {each.id: each for each in case.offered[name].step.fields}
    for each in arguments.fields:
        if each.id not in own:
            return "a field"
        if each.kind != own[each.id].kind:
            return "a kind of field"
    actions = {each.action for each in ctas_of(case, name)}
    return None if actions.issuperset(arguments.ctas) else "a button"
