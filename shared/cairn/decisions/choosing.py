"""The middle of a decision: from what was read to what will be kept.

All of it is pure but for the models, which are asked through a port, within the deadline.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cairn.configuration.model import Document, address
from cairn.decisions.answering import Decided, record_of
from cairn.decisions.asking import Asking
from cairn.decisions.cascade import Outcome, run
from cairn.decisions.consulted import Inputs, Published
from cairn.decisions.desk import LoadedState
from cairn.decisions.forms import Forms
from cairn.decisions.lineup import Lineup, Lineups
from cairn.decisions.memoized_models import MemoizedModels, consulted
from cairn.decisions.model_port import Words
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.scene import Scene, Scenes
from cairn.decisions.session import Session
from cairn.decisions.skipped_steps import passed_over
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.decisions.tiers import Fallback
from cairn.decisions.variation import VariationResolver
from cairn.events.model import Event


class PendingDecision(NamedTuple):
    """A decision before it is kept.

    Attributes:
        former: the session as it was read, or as it begins.
        session: the session as it will be.
        events: what the request brought along, without personal values.
        assigned: the variations that the visitor was not assigned before.
        remember: hands the finding to the cache; called when the decision is done with, so that
            a request that decides anew does not meet its own finding.
    """

    former: Session
    session: Session
    record: Record
    events: tuple[Event, ...]
    assigned: Mapping[str, str]
    remember: Callable[[], None]


class Chooser[Doc, Case: OfWorkspace, Choice]:
    """Chooses for one surface, by the tiers that its documents name."""

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        plans: PlanCache[Doc, Case, Choice],
        words: Words[Doc, Case, Choice] | None = None,
        varying: VariationResolver | None = None,
    ) -> None:
        self._surface = surface
        self._plans = plans
        self._lineups = Lineups(surface, plans, words)
        self._scenes = Scenes(
            surface, Forms(surface, self._lineups), varying or VariationResolver()
        )
        self._fallback = Fallback(surface)

    def choose(
        self,
        asking: Asking,
        opened: LoadedState,
        *,
        reachable: bool,
        models: MemoizedModels | None = None,
    ) -> PendingDecision:
        """Decides on what was read.

        Args:
            asking: the request.
            opened: what was read.
            reachable: whether the tables answered.
            models: who may be asked; nobody, where there is none.

        Raises:
            NotFound: there is no such flow or session.
            InvalidRequest: answers or events do not fit; points at each.
            Unprocessable: the session goes through another flow, or this one cannot be read.
        """
        scene = self._scenes.of(asking, opened, reachable=reachable)
        case = scene.situation.case
        lineup = self._lineups.of(scene.situation, models)
        outcome = run(case, lineup.tiers, self._fallback, self._surface.admits, asking.deadline)
        decided = self._decided(scene, lineup, outcome, models)
        record = record_of(asking, decided, scene.form.told(outcome))
        return PendingDecision(
            former=scene.former,
            session=scene.session.after(record),
            record=record,
            events=scene.events,
            assigned=_assigned(scene, opened),
            remember=lambda: self._remember(lineup, outcome),
        )

    def _remember(self, lineup: Lineup[Case, Choice], outcome: Outcome[Choice]) -> None:
        key = lineup.key(outcome)
        if key is not None:
            self._plans.remember(key, outcome.finding)

    def _decided(
        self,
        scene: Scene[Doc, Case],
        lineup: Lineup[Case, Choice],
        outcome: Outcome[Choice],
        models: MemoizedModels | None,
    ) -> Decided:
        surface, choice, case = self._surface, outcome.finding.choice, scene.situation.case
        asked = models.asked if models else ()
        return Decided(
            surface=surface.name,
            flow_version=scene.document.version,
            session_id=scene.session.id,
            subject_id=scene.session.subject_id,
            plan=surface.plan(case, choice).model_dump(mode="json"),
            step=surface.step(choice),
            persona=surface.persona(case),
            attributes=case.attributes,
            behavior=scene.behavior,
            choice=surface.written(choice),
            passed_over=passed_over(surface.steps(case), surface.step(choice), outcome),
            consulted=tuple(consulted(each, lineup.prompt) for each in asked),
            inputs=_inputs(scene, lineup),
            placed=scene.variation.placed if scene.variation else (),
        )


def _inputs[Doc, Case, Choice](scene: Scene[Doc, Case], lineup: Lineup[Case, Choice]) -> Inputs:
    situation, executed = scene.situation, scene.form.document
    return Inputs(
        now=situation.now,
        recent=situation.recent if lineup.asks else (),
        documents={
            **{_name(each): _published(each) for each in (scene.document, *scene.others)},
            **lineup.documents,
        },
        variation=scene.variation.name if scene.variation else None,
        served=scene.form.served,
        decided_on=None if executed is scene.document else _name(executed),
    )


def _assigned[Doc, Case](scene: Scene[Doc, Case], opened: LoadedState) -> Mapping[str, str]:
    kept = scene.variation.kept if scene.variation else {}
    same = scene.former.subject_id == scene.session.subject_id
    known = {**(scene.former.kept if same else {}), **opened.kept}
    return {name: each for name, each in kept.items() if known.get(name) != each}


def _name(document: Document) -> str:
    return address(document.kind, document.id)


def _published(document: Document) -> Published:
    return Published(version=document.version, digest=document.digest)
