"""How what Cairn stands on is doing, beside how the models did over a window."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from cairn.llm.breaker import BreakerState
from cairn.llm.documents import ModelsDocument, Provider
from cairn.metrics.breakdown import under_names
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import ratio
from cairn.metrics.series import MODELS
from functions.console.answers import Answer
from functions.console.health import Dependency, Status, overall

WANTED = Wanted((MODELS,))

type Standings = Mapping[str, BreakerState | None]
"""Where the breakers of a document's providers stand, by their id; None where it can't be seen."""


class ModelProvider(BaseModel):
    """How one provider of models is doing.

    Attributes:
        provider: its id in its `models` document.
        breaker: `open` leaves it alone, `half_open` lets one call at a time probe it; null where
            instances share nothing, or it can't be seen.
        calls: decisions that asked it within the window.
        failed: those that failed.
        failure_rate: failed of all calls, 0 to 1.
    """

    provider: str
    model: str
    breaker: BreakerState | None
    calls: int
    failed: int
    failure_rate: float | None


class Vitals(BaseModel):
    """How Cairn is doing.

    Attributes:
        status: of dependencies the worst; `degraded` at best while a breaker is not closed.
        dependencies: by name, as `/health` tells them.
        providers: of models, in the order in which they are asked.
    """

    status: Status
    dependencies: Mapping[str, Dependency]
    providers: tuple[ModelProvider, ...]


class HealthAnswer(Answer[Vitals]):
    """The answer of `GET /v1/metrics/health`."""


def vitals(
    dependencies: Mapping[str, Dependency],
    models: Iterable[tuple[ModelsDocument, Standings]],
    found: Found,
) -> Vitals:
    """What was looked at and what was counted, together."""
    providers = tuple(_providers(models, under_names(found.counters(MODELS))))
    tripped = any(each.breaker not in {None, BreakerState.CLOSED} for each in providers)
    status = overall(dependencies)
    return Vitals(
        status="degraded" if tripped and status == "ok" else status,
        dependencies=dependencies,
        providers=providers,
    )


def _providers(
    models: Iterable[tuple[ModelsDocument, Standings]], counted: Mapping[str, Counters]
) -> Iterator[ModelProvider]:
    """Each model of each provider once, in whatever documents it stands."""
    told: set[str] = set()
    for document, standings in models:
        for each in document.providers:
            name = f"{each.id}/{each.model}"
            if name not in told:
                told.add(name)
                yield _provider(each, standings.get(each.id), counted.get(name, {}))


def _provider(provider: Provider, breaker: BreakerState | None, its: Counters) -> ModelProvider:
    calls, failed = its.get("calls", 0), its.get("failed", 0)
    return ModelProvider(
        provider=provider.id,
        model=provider.model,
        breaker=breaker,
        calls=calls,
        failed=failed,
        failure_rate=ratio(failed, calls),
    )
