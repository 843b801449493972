"""Flows that a flag varies, and houses that decide on them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from cairn.configuration.model import Document, Kind, address, digest_of
from cairn.decisions.decide import DecisionResult
from cairn.decisions.model_port import Order
from cairn.decisions.session import Session
from tests.flows import Written, field, flow, rule, step
from tests.house import House

KEY: Final = "adaptive_form"
STEPS: Final = (
    step("one", field("a", required=True)),
    step("two", field("b", required=True)),
)
RULES: Final = [rule("sure", "two", {"answers.a": {"$exists": False}}, confidence=0.8)]


def flag(share: float = 1.0, **more: object) -> Written:
    """A flag that gives a share of all visitors `other`, in an experiment."""
    split = {"id": "split", "experiment": KEY, "split": {"plain": 1 - share, "other": share}}
    return {
        "kind": "flag",
        "id": "form",
        "type": "string",
        "variations": {"plain": "p", "other": "o"},
        "default": "plain",
        "rules": [{**split, "sticky": True, **more}],
    }


def varied(variant: Mapping[str, object]) -> Written:
    """A flow whose flag changes this."""
    variants = {"flag": "form", "variations": {"other": dict(variant)}}
    return flow(*STEPS, rules=RULES, variants=variants)


def publish(house: House, *written: Written) -> None:
    """Publishes more documents."""
    documents = dict(house.desk.snapshot.documents)
    for each in written:
        kind, body = Kind(each["kind"]), json.dumps(each)
        place = address(kind, each["id"])
        documents[place] = Document(kind, each["id"], 1, body, digest_of(body))
    house.desk.snapshot = replace(
        house.desk.snapshot, version=house.desk.snapshot.version + 1, documents=documents
    )


def house_of(variant: Mapping[str, object], share: float = 1.0, **more: object) -> House:
    """A house whose flag gives a share of all visitors a variant of its flow."""
    house = House(Order(("rules",)), written=varied(variant))
    publish(house, flag(share, **more))
    return house


def exposed(made: DecisionResult) -> list[tuple[str, str]]:
    """What was served, as the answer says."""
    return [(each.key, each.variation) for each in made.decision.experiments]


def shown(made: DecisionResult) -> str:
    """The step that the visitor sees."""
    return made.record.step


def visitors(house: House, count: int) -> Iterator[DecisionResult]:
    """Decisions of so many visitors, each in a session of its own."""
    for number in range(count):
        house.desk.sessions.clear()
        yield house.decide(subject={"id": f"u-{number}"})


def only(house: House) -> tuple[str, Session]:
    """The one session that there is, by its id."""
    ((session_id, session),) = house.desk.sessions.items()
    return session_id, session
