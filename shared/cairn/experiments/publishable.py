"""Whether documents that speak of each other go together, and still do after a flag has changed.

Whoever publishes asks here: files all at once, the management API flag by flag.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ValidationError

from cairn.configuration.model import Document, Kind, address
from cairn.decisions.surfaces.form.parts import Variants
from cairn.decisions.surfaces.form.together import check_variants
from cairn.experiments.check import Surroundings, check_surroundings, crowded
from cairn.experiments.model import RUNNING, ExperimentDocument, MetricDocument
from cairn.flags.check import check_flag
from cairn.flags.documents import FlagDocument, SegmentDocument
from cairn.flags.segments import Segments
from cairn.flags.together import check_together
from cairn.metrics.documents import TelemetryDocument
from cairn.platform.errors import Violation

type Faults = Mapping[str, Sequence[Violation]]
"""What is wrong, by the address of the document that says so."""


@dataclass(frozen=True, slots=True)
class Together:
    """Documents that speak of each other, by their id.

    Attributes:
        flows: the variants of each; None where it has none.
        dimensions: that telemetry declares.
    """

    flags: Mapping[str, FlagDocument] = field(default_factory=dict)
    segments: Mapping[str, SegmentDocument] = field(default_factory=dict)
    flows: Mapping[str, Variants | None] = field(default_factory=dict)
    experiments: Mapping[str, ExperimentDocument] = field(default_factory=dict)
    metrics: Mapping[str, MetricDocument] = field(default_factory=dict)
    dimensions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Self:
        """Those among published documents that this version of the code understands."""
        telemetry = _understood(documents, Kind.TELEMETRY, TelemetryDocument).values()
        return cls(
            flags=_understood(documents, Kind.FLAG, FlagDocument),
            segments=_understood(documents, Kind.SEGMENT, SegmentDocument),
            flows={each.id: _variants(each) for each in documents if each.kind is Kind.FLOW},
            experiments=_understood(documents, Kind.EXPERIMENT, ExperimentDocument),
            metrics=_understood(documents, Kind.METRIC, MetricDocument),
            dimensions=frozenset(one.name for each in telemetry for one in each.dimensions),
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
    segments = Segments(together.segments.values())
    late = crowded(list(together.experiments.values()), together.metrics)
    found: dict[str, Sequence[Violation]] = {
        address(Kind.FLAG, name): violations
        for name, violations in check_together(together.flags, segments).items()
    }
    for name, variants in together.flows.items():
        if variants is not None:
            violations = [*check_variants(variants, together.flags, together.flows)]
            found[address(Kind.FLOW, name)] = violations
    for name, experiment in together.experiments.items():
        violations = [*_of_experiment(experiment, together, now)]
        if experiment in late:
            detail = f"{RUNNING} experiments are already running when this one starts"
            violations.append(Violation("/started", "experiment.crowded", detail))
        found[address(Kind.EXPERIMENT, name)] = violations
    return {name: violations for name, violations in found.items() if violations}


def _of_experiment(
    experiment: ExperimentDocument, together: Together, now: datetime
) -> Iterator[Violation]:
    deciding = frozenset(each.flag for each in together.flows.values() if each is not None)
    beside = Surroundings(together.flags, together.metrics, together.dimensions, deciding)
    yield from check_surroundings(experiment, beside)
    flag = together.flags.get(experiment.flag)
    goes_on = experiment.ends is not None and experiment.ends > now
    if goes_on and flag is not None and flag.archived:
        detail = f"the flag {flag.id!r} is archived while the experiment runs"
        yield Violation("/flag", "experiment.archived_flag", detail)


def _in(name: str, violation: Violation) -> Violation:
    return violation._replace(
        pointer=f"/{name}{violation.pointer}", detail=f"{name}: {violation.detail}"
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


def _variants(flow: Document) -> Variants | None:
    """What a flow says of its flag, also where all else in it is of another version of the code."""
    written = json.loads(flow.body).get("variants")
    try:
        return None if written is None else Variants.model_validate(written)
    except ValidationError:
        return None
