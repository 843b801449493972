"""What a model is asked: a stable system prompt, then the visit, and the tool it must call."""

from cairn.decisions.proposal import Moment
from cairn.decisions.surfaces.form.background import background_of, system_of
from cairn.decisions.surfaces.form.context import NONE_OF_THESE, context_of
from cairn.decisions.surfaces.form.model import Case
from cairn.decisions.surfaces.form.tool import tool_of
from cairn.llm.fitting import Line, joined
from cairn.llm.model import ChoiceAsk, ToolAsk


def ask_of(case: Case, moment: Moment) -> ToolAsk | None:
    """The strict tool call that proposes the next step.

    Returns:
        None where nothing is left to choose, or where what must be told does not fit.
    """
    lines = context_of(case, moment)
    if lines is None:
        return None
    document = moment.prompt.document
    return ToolAsk(
        system=system_of(case.flow, moment.prompt),
        user=joined(lines),
        tool=tool_of(case, _told(lines)),
        max_output_tokens=document.output_tokens,
    )


def choice_of(case: Case, moment: Moment) -> ChoiceAsk | None:
    """The question over the candidate steps and `NONE_OF_THESE`; None as in `ask_of`."""
    lines = context_of(case, moment)
    if lines is None:
        return None
    return ChoiceAsk(
        context=f"{background_of(case.flow, moment.prompt)}\n{joined(lines)}",
        question=moment.prompt.document.question,
        options=(*_told(lines), NONE_OF_THESE),
    )


def _told(lines: list[Line]) -> tuple[str, ...]:
    return tuple(line.names for line in lines if line.names)
