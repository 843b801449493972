"""decide-next-step on moto: what the fold counted of a session, read beside it."""

import boto3

from cairn.behavior.risk import abandonment_risk
from cairn.behavior.summary import Seen, Summary
from cairn.configuration.model import Kind
from cairn.configuration.snapshots import CHECK_S
from cairn.events.model import Event
from cairn.metrics.fold import fold
from cairn.metrics.store import FoldStore
from cairn.platform.dynamo import Dynamo
from tests.flows import ONBOARDING
from tests.functions.cloud import SHARDS
from tests.functions.deciding import House, decide, started
from tests.functions.publishing import publish
from tests.parcels import DECLARED, happened, parcel_of


def counted(house: House, *events: Event) -> None:
    """Events that the fold took in."""
    cloud = house.cloud
    dynamo = Dynamo(boto3.client("dynamodb"))
    ledger = FoldStore(dynamo, cloud.table("sessions"), cloud.table("metrics"), SHARDS)
    parcel = parcel_of(*events)
    folded = fold(parcel, 0, ledger.open(parcel).owners, DECLARED)
    ledger.commit(parcel, 0, folded, house.time.now)
    house.wire.calls.clear()


def look(session: str, number: int) -> Event:
    """A minute on a product."""
    return happened(
        f"p-{number}",
        session=session,
        kind="product",
        duration_ms=60_000,
        visitor_type="New_Visitor",
    )


def risk(house: House, session_id: str) -> float | None:
    found: float | None = decide(house.key, session_id=session_id).json()["behavior"][
        "abandonment_risk"
    ]
    return found


def test_the_risk_is_that_of_all_that_the_fold_counted(house: House) -> None:
    session = started(house)
    assert risk(house, session) is None
    counted(house, *(look(session, number) for number in range(9)))
    seen = Summary({"product": Seen(9, 540_000)}, {"visitor_type": "New_Visitor"})
    assert risk(house, session) == abandonment_risk(seen)
    assert house.wire.calls["BatchGetItem"] == 1


def test_a_session_that_converted_is_at_no_risk(house: House) -> None:
    session = started(house)
    counted(house, happened("paid", "custom.order_paid", session=session))
    assert risk(house, session) == 0.0


def test_a_flow_says_how_long_a_hesitation_takes(house: House) -> None:
    session = started(house)
    focused = {"id": "f", "type": "field.focused", "field": "goal", "at": "2026-11-20T09:59:50Z"}
    asked = {"session_id": session, "events": [focused]}
    assert decide(house.key, asked).json()["behavior"]["hesitations"] == 1
    patient = {**ONBOARDING, "hesitation_ms": 30_000}
    publish(house.cloud, {(Kind.FLOW, "onboarding"): patient})
    house.time.passes(CHECK_S)
    assert decide(house.key, asked).json()["behavior"]["hesitations"] == 0
