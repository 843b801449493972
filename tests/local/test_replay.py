"""Sessions replayed through the running stack: totals add up, also when batches come twice."""

from datetime import UTC, datetime

import pytest

from infra.local.stack import LocalStack
from infra.replay.api import Api
from infra.replay.run import Replay
from infra.replay.shoppers import KINDS, Shopper, shopper

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

SESSIONS = 60


class Quiet:
    """Nobody who watches."""

    def sent(self, events: int) -> None: ...

    def left(self, parcels: int) -> None: ...


def visitor(number: int) -> Shopper:
    """A made-up row of the data set; every third one buys."""
    pages = {kind: str(number % (place + 2)) for place, kind in enumerate(KINDS)}
    durations = {f"{kind}_Duration": str(number * 1.5) for kind in KINDS}
    return shopper(
        number,
        {
            **pages,
            **durations,
            "Month": ("Feb", "Nov", "June")[number % 3],
            "Weekend": "TRUE" if number % 2 else "FALSE",
            "VisitorType": ("New_Visitor", "Returning_Visitor", "Other")[number % 3],
            "Revenue": "FALSE" if number % 3 else "TRUE",
        },
    )


@pytest.mark.parametrize("duplicate", [0.0, 1.0])
def test_a_replay_ends_with_every_row_equal_also_when_batches_are_sent_twice(
    stack: LocalStack, duplicate: float
) -> None:
    assert stack.facts.keys
    replay = Replay(
        run=f"test-{duplicate:.0f}",
        shoppers=[visitor(number) for number in range(SESSIONS)],
        ends=datetime.now(UTC),
        duplicate=duplicate,
        stall_s=60,
    )
    with Api(stack.facts.base_url, stack.facts.keys.secret) as api:
        report = replay.carry_out(api, Quiet())
    assert {each.name: each.value for each in report.targets if not each.ok} == {}
    assert {each.name: each.value for each in report.targets}["purchases"] == SESSIONS / 3
