"""Models that are made when the first of them is asked."""

from typing import cast

from cairn.decisions.late_models import LateModels
from cairn.decisions.modelled import ModelPort
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import ChoiceAsk, ToolAsk
from cairn.platform.clock import Deadline
from tests.fakes.models import ScriptedModels

NOBODY = cast("ModelsDocument", None)


def test_models_are_made_once_and_only_when_somebody_asks() -> None:
    made: list[ModelPort] = []

    def make() -> ModelPort:
        made.append(ScriptedModels())
        return made[-1]

    late = LateModels(make)
    assert made == []
    deadline = Deadline.within(1_000)
    tool, choice = cast("ToolAsk", None), cast("ChoiceAsk", None)
    late.tool("demo", None, tool, NOBODY, deadline, 0.0, lambda _: None)
    late.choice("demo", None, choice, NOBODY, deadline, 0.0)
    assert len(made) == 1
