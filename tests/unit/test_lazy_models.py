"""Models that are made when the first of them is asked."""

from typing import cast

from cairn.decisions.lazy_models import LazyModels
from cairn.decisions.model_port import ModelPort
from cairn.llm.caller import Caller
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

    late = LazyModels(make)
    assert made == []
    caller = Caller("demo", None, NOBODY, Deadline.within(1_000), 0.0)
    tool, choice = cast("ToolAsk", None), cast("ChoiceAsk", None)
    assert late.tool(caller, tool, lambda _: None) is TOLD
    assert late.choice(caller, choice) is CHOSEN
    assert len(made) == 1
