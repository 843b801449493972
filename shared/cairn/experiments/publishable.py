"""Whether flags, segments and experiments go together, and still do after a flag has changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ValidationError

from cairn.configuration.model import Document, Kind, address
from cairn.experiments.check import Surroundings, check_surroundings
from cairn.experiments.model import ExperimentDocument
from cairn.flags.check import check_flag
from cairn.flags.model import FlagDocument, SegmentDocument
from cairn.flags.segments import Segments
from cairn.flags.together import check_together
from cairn.platform.errors import Violation

type Faults = Mapping[str, Sequence[Violation]]
"""What is wrong, by the address of the document that says so."""


@dataclass(frozen=True, slots=True)
class Together:
    """Documents that speak of each other, by their id."""

    flags: Mapping[str, FlagDocument] = field(default_factory=dict)
    segments: Mapping[str, SegmentDocument] = field(default_factory=dict)
    experiments: Mapping[str, ExperimentDocument] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Self:
        """Those among published documents that this version of the code understands."""
        return cls(
            flags=_understood(documents, Kind.FLAG, FlagDocument),
            segments=_understood(documents, Kind.SEGMENT, SegmentDocument),
            experiments=_understood(documents, Kind.EXPERIMENT, ExperimentDocument),
        )

    def with_flag(self, flag: FlagDocument) -> Self:
        """The same with another flag, or a new one."""
        return replace(self, flags={**self.flags, flag.id: flag})


def check_change(flag: FlagDocument, together: Together, now: datetime) -> list[Violation]:
    """Every rule that is broken by a flag in its place among the others.

    What was wrong with the others before is not the flag's fault.

    Returns:
        JSON pointers into the flag's document; those into another one begin with its address,
        such as `/flag/new-checkout/prerequisites/0/flag`.
    """
    own = address(Kind.FLAG, flag.id)
    before, after = faults(together, now), faults(together.with_flag(flag), now)
    found = [*check_flag(flag), *after.get(own, ())]
    for name, violations in after.items():
        if name != own:
            known = before.get(name, ())
            found += [_in(name, each) for each in violations if each not in known]
    return found


def faults(together: Together, now: datetime) -> Faults:
    """Everything that a document says of others and that is not so."""
    found = {
        address(Kind.FLAG, name): violations
        for name, violations in check_together(
            together.flags, Segments(together.segments.values())
        ).items()
    }
    for name, experiment in together.experiments.items():
        violations = [*_of_experiment(experiment, together.flags, now)]
        if violations:
            found[address(Kind.EXPERIMENT, name)] = violations
    return found


def _of_experiment(
    experiment: ExperimentDocument, flags: Mapping[str, FlagDocument], now: datetime
) -> Iterator[Violation]:
    """What it says of its flag; of metrics and dimensions no change to a flag makes it untrue."""
    for each in check_surroundings(experiment, Surroundings(flags=flags)):
        if each.pointer in {"/flag", "/control"}:
            yield each
    flag = flags.get(experiment.flag)
    goes_on = experiment.ends is not None and experiment.ends > now
    if goes_on and flag is not None and flag.archived:
        detail = f"the flag {flag.id!r} is archived, and the experiment goes on"
        yield Violation("/flag", "experiment.archived_flag", detail)


def _in(name: str, violation: Violation) -> Violation:
    return replace(
        violation, pointer=f"/{name}{violation.pointer}", detail=f"{name}: {violation.detail}"
    )


def _understood[Model: BaseModel](
    documents: Sequence[Document], kind: Kind, model: type[Model]
) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for each in documents:
        if each.kind is kind:
            try:
                found[each.id] = model.model_validate_json(each.body)
            except ValidationError:  # another version of the code wrote it
                continue
    return found
