"""A house in the process: a desk, scripted models, and what decides with them."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from cairn.configuration.model import Document, Kind, Snapshot, address, digest_of
from cairn.decisions.asking import Asking
from cairn.decisions.choosing import Chooser
from cairn.decisions.decide import Decide, DecisionResult
from cairn.decisions.finding import Finding
from cairn.decisions.model import DecisionRequest
from cairn.decisions.model_port import Order
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.surfaces.form.model import Shown
from cairn.decisions.surfaces.form.surface import FORM
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import ChoiceReply
from cairn.platform.cache import Cache
from cairn.platform.clock import Deadline
from cairn.platform.ids import sortable_id
from cairn.platform.lanes import Lanes
from infra.inprocess.cache import MemoryCache
from tests.fakes.desk import MemoryDesk
from tests.fakes.models import BOTH, ScriptedModels
from tests.fakes.ticks import Ticks
from tests.flows import Written, field, flow, rule, step
from tests.parcels import NOW
from tests.words import NONE, words

LANES: Final = Lanes(4)
ALL: Final = Order(("rules", "choice", "llm"), choice=0.6, llm=0.5)
FLOW: Final = flow(
    step("one", field("a", required=True), field("mail", personal=True)),
    step("two", field("b", required=True)),
    step("three", field("c", required=True)),
    rules=[rule("r", "two", {"answers.a": "ruled"})],
)
PROMPT: Final = {"kind": "prompt", "id": "default", "role": "You help.", "question": "Which?"}


class House:
    """A desk, scripted models, and what decides with them."""

    def __init__(
        self,
        order: Order | None = ALL,
        models: ModelsDocument | None = BOTH,
        cache: Cache | None = None,
        written: Written = FLOW,
        desk: Callable[[Snapshot], MemoryDesk] = MemoryDesk,
    ) -> None:
        self.models, self.ticks = ScriptedModels(), Ticks()
        self.cache = cache or MemoryCache()
        self.desk = desk(published(written, models))
        plans = PlanCache(FORM, Finding[Shown], self.cache, LANES, self.ticks)
        chooser = Chooser(FORM, plans, words(order))
        self.decider = Decide(chooser, self.desk, LANES, self.models)
        self.asked = 0

    def decide(
        self,
        *,
        session: str | None = None,
        ms: float = 1_500,
        **body: Any,  # noqa: ANN401  # a request
    ) -> DecisionResult:
        """Asks for a decision; every request a second after the last."""
        self.asked += 1
        now = NOW + timedelta(seconds=self.asked)
        request = DecisionRequest(flow="test", session_id=session, **body)
        deadline = Deadline.within(ms, self.ticks)
        return self.decider.decide(
            Asking(
                workspace="demo",
                decision_id=sortable_id("dec", now),
                trace_id="a" * 32,
                now=now,
                deadline=deadline,
                started_s=deadline.tick(),
                session=SessionAsked("demo", session, f"ses_{self.asked:032x}", brings=False),
                request=request,
            )
        )

    def reported(self, kind: str) -> list[Mapping[str, object]]:
        """The attributes of what was reported."""
        return [each.attributes for each in self.desk.reported if each.type == kind]


def published(written: Written, models: ModelsDocument | None) -> Snapshot:
    """A flow with a prompt, and models where there are any."""
    bodies = {
        (Kind.FLOW, "test"): json.dumps(written),
        (Kind.PROMPT, "default"): json.dumps(PROMPT),
    }
    if models is not None:
        bodies[Kind.MODELS, "default"] = models.model_dump_json()
    documents = {
        address(*name): Document(*name, 1, body, digest_of(body)) for name, body in bodies.items()
    }
    return Snapshot("demo", 1, documents)


def likely(**probabilities: float) -> ChoiceReply:
    """Probabilities of some steps of `FLOW`; the others have none."""
    rest = dict.fromkeys(("one", "two", "three", NONE), 0.0)
    return ChoiceReply({**rest, **probabilities})
