"""What the cascade knows of a surface: its shape."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from pydantic import BaseModel, JsonValue

from cairn.behavior.signals import Signals
from cairn.configuration.model import Document, Kind
from cairn.decisions.finding import Finding, Pass, StepStatus
from cairn.decisions.session import Session
from cairn.platform.errors import Violation


class OfWorkspace(Protocol):
    """A case tells whose it is, and what its rules may read."""

    @property
    def workspace(self) -> str:
        """The workspace."""
        ...

    @property
    def attributes(self) -> Mapping[str, JsonValue]:
        """What conditions read; personal values are masked."""
        ...


class Unreadable(NamedTuple):
    """A published document that this version of the code cannot decide on."""

    faults: int


class Surface[Doc, Case: OfWorkspace, Choice](NamedTuple):
    """A kind of place that asks for decisions; all of it pure.

    Attributes:
        name: as it stands in requests.
        kind: of the documents that describe it.
        compile: a published document in the form that is executed.
        varied_by: the flag whose variation the document depends on, if it does.
        variant: the document for a variation, or the id of another one that takes its place; None
            where a variation changes nothing.
        named: the addresses of all documents that it, or a variant of it, is decided with.
        faults: what is wrong with the answers of a request, with pointers into them; each is held
            against the first of some documents that asks for it.
        hesitation_ms: how long a field may keep the cursor unused before that is a hesitation.
        personal: the fields whose answers say who somebody is.
        case: what a decision is made on, without personal values.
        persona: the id of the visitor's persona, if any.
        inputs: everything that the rules read of a case: two cases with the same inputs get the
            same finding from them.
        admits: the whitelist; whether a choice may be shown in this case.
        rules: the fast path.
        fallback: always answers, and only with what is admitted.
        step: the step that a choice leads to.
        steps: where each step stands in this case.
        written: a choice as it is kept.
        revisited: the case of a kept decision, from its attributes; and whether the document is
            that of then.
        with_threshold: the document with another least confidence of its rules.
        plan: a choice as it is shown.
    """

    name: str
    kind: Kind
    compile: Callable[[Document], Doc | Unreadable]
    varied_by: Callable[[Doc], str | None]
    variant: Callable[[Doc, str], Doc | str | None]
    named: Callable[[Doc], tuple[str, ...]]
    faults: Callable[[Sequence[Doc], Mapping[str, object]], list[Violation]]
    hesitation_ms: Callable[[Doc], int]
    personal: Callable[[Doc], frozenset[str]]
    case: Callable[[Doc, Session, Signals], Case]
    persona: Callable[[Case], str | None]
    inputs: Callable[[Case], Mapping[str, JsonValue]]
    admits: Callable[[Case, Choice], bool]
    rules: Callable[[Case], Finding[Choice] | Pass]
    fallback: Callable[[Case], Finding[Choice]]
    step: Callable[[Choice], str]
    steps: Callable[[Case], Mapping[str, StepStatus]]
    written: Callable[[Choice], JsonValue]
    revisited: Callable[[Doc, str, Mapping[str, JsonValue], bool], Case]
    with_threshold: Callable[[Doc, float], Doc]
    plan: Callable[[Case, Choice], BaseModel]
