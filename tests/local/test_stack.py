"""The real template on the emulator, with a real cache server, behind the front."""

import json
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from infra.cli.first_decision import first_decision
from infra.cli.invoke import filled
from infra.cli.logs import LogWatch
from infra.local.cloud import session
from infra.local.ports import LOOPBACK
from infra.local.stack import LocalStack
from tests.local.processes import addresses, descendants

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

LOOPBACK_IN_PROC = "0100007F"


def test_a_first_decision_comes_through_the_front(stack: LocalStack) -> None:
    example = first_decision(stack.facts)
    assert str(example.answer["id"]).startswith("dec_")
    assert example.answer["source"] == "rules"
    assert f"curl {stack.facts.base_url}/v1/decisions" in example.curl


def test_a_request_without_a_key_gets_a_problem_with_cors_headers(stack: LocalStack) -> None:
    answer = httpx.post(
        f"{stack.facts.base_url}/v1/decisions", json={}, headers={"origin": "https://a.example"}
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_browser_may_ask_first(stack: LocalStack) -> None:
    answer = httpx.options(
        f"{stack.facts.base_url}/v1/decisions",
        headers={"origin": "https://a.example", "access-control-request-method": "POST"},
    )
    assert answer.status_code == 204
    assert "x-api-key" in answer.headers["access-control-allow-headers"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_every_process_listens_on_loopback_only(stack: LocalStack) -> None:
    first_decision(stack.facts)  # so that there is a worker
    pids = {pid for child in stack.children for pid in descendants(child.pid)}
    assert len(pids) > len(stack.children)
    assert addresses(pids) == {LOOPBACK_IN_PROC}
    assert stack.facts.base_url.startswith(f"http://{LOOPBACK}:")


def test_what_a_function_logged_can_be_read_at_once(stack: LocalStack) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    decision = first_decision(stack.facts).answer["id"]
    watch = LogWatch(stack.facts, ["cairn-local-decide-next-step"], since=since)
    (line,) = [
        line
        for entry in watch.look()
        for line in entry.lines
        if line.get("decision_id") == decision
    ]
    assert line["service"] == "decide-next-step"


def test_every_trigger_calls_the_alias(stack: LocalStack) -> None:
    clients = session()
    api = clients.client("apigatewayv2", endpoint_url=stack.facts.endpoint)
    functions = clients.client("lambda", endpoint_url=stack.facts.endpoint)
    (api_id,) = stack.facts.resources["AWS::ApiGatewayV2::Api"]
    targets = [
        each.get("IntegrationUri", "") for each in api.get_integrations(ApiId=api_id)["Items"]
    ]
    targets += [
        each.get("FunctionArn", "")
        for each in functions.list_event_source_mappings()["EventSourceMappings"]
    ]
    assert len(targets) > 5
    assert all(target.endswith(":live") for target in targets)


def test_a_function_can_be_called_with_an_event_from_a_file(stack: LocalStack) -> None:
    assert stack.facts.keys
    event = {
        "version": "2.0",
        "routeKey": "GET /health",
        "rawPath": "/health",
        "rawQueryString": "",
        "headers": {"x-api-key": "{{secret_key}}"},
        "requestContext": {
            "http": {"method": "GET", "path": "/health", "sourceIp": LOOPBACK},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    answer = (
        session()
        .client("lambda", endpoint_url=stack.facts.endpoint)
        .invoke(
            FunctionName="cairn-local-console",
            Qualifier="live",
            Payload=filled(json.dumps(event), stack.facts.keys.model_dump()).encode(),
        )
    )
    assert json.loads(answer["Payload"].read())["statusCode"] == 200
