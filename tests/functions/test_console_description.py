"""The API's description: valid, complete, and true to the models."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from cairn.platform.http import JSON, PROBLEM_JSON
from functions.console.app import application
from functions.console.openapi import document
from functions.console.operations import ELSEWHERE, Operation
from functions.console.settings import Settings
from functions.console.wiring import build
from infra.catalog import FUNCTIONS, UNROUTED

type Json = dict[str, Any]  # Any: a JSON document

METHODS = frozenset({"get", "put", "post", "patch", "delete"})


@pytest.fixture(scope="module")
def description() -> Json:
    settings = Settings(
        environment="local",
        keys_table="keys",
        config_table="config",
        metrics_table="metrics",
        experiments_table="experiments",
        events_queue_url="https://queues/events",
        events_dead_queue_url="https://queues/events-dead",
        traces_table="traces",
        archive_bucket="archive",
        trace_days=7,
        shards=1,
    )
    return dict(json.loads(document(application(build(settings)))))


def operations(description: Json) -> Json:
    return {
        f"{method.upper()} {path}": operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_description_is_a_valid_openapi_3_1_document(description: Json) -> None:
    assert description["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(description).validate()


def test_it_describes_every_route_of_the_catalog_and_no_other(description: Json) -> None:
    routes = [route for function in FUNCTIONS for route in function.routes if route != UNROUTED]
    assert sorted(operations(description)) == sorted(each.replace("+}", "}") for each in routes)


def test_every_operation_is_named_once_tagged_and_says_what_it_does(description: Json) -> None:
    told = operations(description).values()
    assert len({each["operationId"] for each in told}) == len(told)
    known = {tag["name"] for tag in description["tags"]}
    assert all(set(each["tags"]) <= known and each["summary"] for each in told)


def test_every_refusal_save_those_of_ofrep_is_problem_details(description: Json) -> None:
    for route, operation in operations(description).items():
        if "/ofrep/" in route:
            continue
        refused = {
            status: answer
            for status, answer in operation["responses"].items()
            if status.startswith("4") or status == "default"
        }
        assert "422" not in refused or route.startswith(("POST", "PUT"))
        assert all(list(answer["content"]) == [PROBLEM_JSON] for answer in refused.values()), route


def test_only_what_tells_nothing_of_a_workspace_is_open_without_a_key(description: Json) -> None:
    told = operations(description).items()
    assert {route for route, each in told if each["security"] == [] or {} in each["security"]} == {
        "GET /api/features/{client_key}",  # the key stands in its address
        "GET /experiments/{id}",  # the same page for all
        "GET /health",
        "GET /openapi.json",
    }


@pytest.mark.parametrize("operation", ELSEWHERE, ids=lambda each: each.id)
def test_an_example_is_taken_by_the_operations_own_model(operation: Operation) -> None:
    if JSON in operation.takes:
        TypeAdapter(operation.takes[JSON]).validate_python(operation.example)


def test_docstrings_become_descriptions_of_models_and_their_properties(description: Json) -> None:
    meta = description["components"]["schemas"]["Meta"]
    assert meta["description"] == "How an answer came about."
    assert meta["properties"]["buckets_read"]["description"].startswith("stored buckets")
