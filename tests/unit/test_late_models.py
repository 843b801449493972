"""Models that are made when the first of them is asked."""

from typing import cast

from cairn.decisions.late_models import LateModels
from cairn.decisions.modelled import ModelPort
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.platform.clock import Deadline
from tests.fakes.models import ScriptedModels

NOBODY = cast("ModelsDocument", None)
TOLD: Called[ToolReply] = Called(None, None)
CHOSEN: Called[ChoiceReply] = Called(None, None)


def test_models_are_made_once_and_only_when_somebody_asks() -> None:
    made: list[ModelPort] = []

    def make() -> ModelPort:
        made.append(ScriptedModels([TOLD], [CHOSEN]))
        return made[-1]

    late = LateModels(make)
    assert made == []
    deadline = Deadline.within(1_000)
    tool, choice = cast("ToolAsk", None), cast("ChoiceAsk", None)
    assert late.tool("demo", None, tool, NOBODY, deadline, 0.0, lambda _: None) is TOLD
    assert late.choice("demo", None, choice, NOBODY, deadline, 0.0) is CHOSEN
    assert len(made) == 1
