"""Experiments for tests, and what their arms must say, straight from all events at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from cairn.events.model import Event
from cairn.experiments.contribution import contribution
from cairn.experiments.exposure import exposures_in, moments_in
from cairn.experiments.following import Following
from cairn.experiments.gathering import Followed
from cairn.experiments.model import ExperimentDocument, Guardrail, Measure, MetricDocument
from cairn.experiments.participant import NOBODY, Participant
from cairn.experiments.published import following
from cairn.flags.documents import FlagDocument, RuleDocument
from cairn.metrics.declared import Declared
from tests.parcels import DECLARED, NOW, happened

EXPERIMENT = "headline"
CONTROL, OTHER = "plain", "bold"
PURCHASE = "conversion.completed"

METRICS = (
    MetricDocument(
        kind="metric", id="buyers", type="proportion", event=PURCHASE, where={"name": "purchase"}
    ),
    MetricDocument(
        kind="metric", id="revenue", type="mean", event=PURCHASE, value="value", cap=100
    ),
    MetricDocument(
        kind="metric",
        id="basket",
        type="ratio",
        event=PURCHASE,
        value="value",
        denominator=Measure(event="page.viewed"),
        window_hours=1,
    ),
    MetricDocument(kind="metric", id="time_to_buy", type="duration", event=PURCHASE),
    MetricDocument(
        kind="metric", id="reading", type="duration", event="page.viewed", value="duration_ms"
    ),
    MetricDocument(kind="metric", id="spent", type="mean", event="llm.called", value="cost_usd"),
)

FLAG = FlagDocument(
    kind="flag",
    id="headline",
    type="string",
    variations={CONTROL: "Hello", OTHER: "HELLO"},
    default=CONTROL,
    rules=(RuleDocument(id="split", experiment=EXPERIMENT, split={CONTROL: 0.5, OTHER: 0.5}),),
)

DOCUMENT = ExperimentDocument(
    kind="experiment",
    id=EXPERIMENT,
    hypothesis="Loud words sell.",
    flag=FLAG.id,
    control=CONTROL,
    metrics=("buyers", "revenue", "basket"),
    guardrails=(
        Guardrail(metric="time_to_buy", margin=0.1),
        Guardrail(metric="reading", margin=0.1),
    ),
    dimensions=("weekend",),
    started=NOW - timedelta(days=1),
)

FOLLOWING: Following = following([DOCUMENT], {each.id: each for each in METRICS}, {FLAG.id: FLAG})
FOLLOWED: Declared = replace(DECLARED, following=Followed(FOLLOWING))


def running(count: int) -> Following:
    """So many experiments that go on at the same time, each with its own flag."""
    flags, documents = {}, []
    for number in range(count):
        name = f"e-{number}"
        rule = RuleDocument(id="split", experiment=name, split={"a": 0.5, "b": 0.5})
        flags[name] = FlagDocument(
            kind="flag",
            id=name,
            type="string",
            variations={"a": "A", "b": "B"},
            default="a",
            rules=(rule,),
        )
        told = {"id": name, "flag": name, "control": "a", "metrics": ("buyers", "spent")}
        documents.append(DOCUMENT.model_copy(update={**told, "guardrails": ()}))
    return following(documents, {each.id: each for each in METRICS}, flags)


def served(  # noqa: PLR0913  # the fields of an event
    identifier: str,
    variation: str = CONTROL,
    /,
    *,
    session: str | None = "s-1",
    subject: str | None = None,
    minute: float = 0,
    experiment: str = EXPERIMENT,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Event:
    """A client reports that it served a variation."""
    event = happened(
        identifier, "experiment.exposed", session=session, subject=subject, minute=minute
    )
    told = {"experiment": experiment, "variation": variation, **facts}
    return event.model_copy(update={"attributes": told})


def bought(
    identifier: str,
    value: float = 10,
    /,
    *,
    session: str | None = "s-1",
    subject: str | None = None,
    minute: float = 0,
) -> Event:
    """Somebody bought something."""
    return happened(
        identifier,
        PURCHASE,
        session=session,
        subject=subject,
        minute=minute,
        name="purchase",
        value=value,
    )


def truth(events: Iterable[Event], followed: Following = FOLLOWING) -> Mapping[str, int]:
    """The arms of the experiment; a session that shows its subject belongs to it, all of it."""
    told = list(events)
    subjects = {each.session_id: each.subject for each in told if each.session_id and each.subject}
    people: dict[str, Participant] = {}
    for event in told:
        who = event.subject or subjects.get(event.session_id or "") or event.session_id
        if who is None:
            continue
        person = people.get(who, NOBODY)
        for experiment, variation, exposure in exposures_in(event, followed, event.text):
            person = person.exposed(experiment, variation, exposure)
        for stream, moment in moments_in(event, followed):
            person = person.did(stream, moment)
        people[who] = person
    total: Counter[str] = Counter()
    for person in people.values():
        total.update(contribution(person, followed.experiments[EXPERIMENT]))
    return {name: count for name, count in total.items() if count}
