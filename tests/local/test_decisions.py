"""Decisions on the local stack: true concurrency, a real queue, a real cache."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import pytest

from infra.local.stack import LocalStack

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PATIENT_MS: Final = 10_000
TABS: Final = 4


class Visitor:
    """Someone who asks."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def decide(self, key: str | None = None, **asked: object) -> httpx.Response:
        """Asks for a decision in the example flow."""
        body = {"flow": "onboarding", "deadline_ms": PATIENT_MS, **asked}
        headers = {"idempotency-key": key} if key else {}
        return self.http.post("/v1/decisions", json=body, headers=headers)

    def session(self, session_id: str) -> Any:  # noqa: ANN401  # JSON, looked into by tests
        """A session as it stands."""
        return self.http.get(f"/v1/sessions/{session_id}").json()


@pytest.fixture
def visitor(stack: LocalStack) -> Iterator[Visitor]:
    assert stack.facts.keys is not None
    headers = {"x-api-key": stack.facts.keys.secret}
    with httpx.Client(base_url=stack.facts.base_url, headers=headers, timeout=30) as http:
        yield Visitor(http)


def test_tabs_that_decide_at_once_lose_no_answer(visitor: Visitor) -> None:
    session_id = visitor.decide().json()["session_id"]
    answers: list[dict[str, object]] = [
        {"goal": "explore"},
        {"company_name": "Engines"},
        {"outcomes": ["reporting"]},
        {"seats": 3},
    ]
    with ThreadPoolExecutor(TABS) as tabs:
        asked = [
            tabs.submit(visitor.decide, session_id=session_id, answers=each) for each in answers
        ]
        responses = [each.result() for each in asked]
    kept: dict[str, object] = {}
    for given, response in zip(answers, responses, strict=True):
        assert response.status_code == 200 or response.json()["code"] == "session.conflict"
        kept |= given if response.status_code == 200 else {}
    session = visitor.session(session_id)
    assert session["answers"] == kept
    assert session["decisions"] == 1 + sum(each.status_code == 200 for each in responses)


def test_one_idempotency_key_makes_one_decision_however_often_it_races(visitor: Visitor) -> None:
    key = "4f8a0a52-52c4-4a0f-8d0e-0e1c7a9d3b77"
    with ThreadPoolExecutor(TABS) as tabs:
        asked = [tabs.submit(visitor.decide, key) for _ in range(TABS)]
        answers = [each.result().json() for each in asked]
    assert len({answer["id"] for answer in answers}) == 1
    assert visitor.session(answers[0]["session_id"])["decisions"] == 1


def test_a_decision_is_explained_and_told(visitor: Visitor) -> None:
    decision_id = visitor.decide(subject={"id": "u-9", "traits": {"returning": True}}).json()["id"]
    path = f"/v1/decisions/{decision_id}/explanation"
    assert visitor.http.get(path).json()["factors"][0]["kind"] == "decided"
    assert visitor.http.post(path).status_code == 202
