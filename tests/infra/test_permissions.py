"""Each function's role allows what its line of the catalog says, and nothing else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from infra.catalog import FUNCTIONS, Function
from infra.config import ENVIRONMENTS, Name
from infra.stores import Place, Queue, Table
from tests.infra.assembly import Json, Template, read, strings

EVERYWHERE = pytest.mark.parametrize("name", list(ENVIRONMENTS))
EVERY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)

READS: Final = frozenset({"BatchGetItem", "GetItem", "Query"})

TABLES: Final[Mapping[str, Mapping[Table, frozenset[str]]]] = {
    "decide-next-step": {
        Table.KEYS: READS,
        Table.CONFIG: READS,
        Table.SESSIONS: READS | {"PutItem", "UpdateItem"},
        Table.DECISIONS: READS | {"PutItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "track-event": {Table.KEYS: READS, Table.TRACES: frozenset({"BatchWriteItem"})},
    "aggregate-metrics": {
        Table.CONFIG: READS,
        Table.SESSIONS: READS | {"PutItem", "UpdateItem"},
        Table.METRICS: READS | {"PutItem", "UpdateItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "collect-traces": {Table.KEYS: READS, Table.TRACES: frozenset({"BatchWriteItem"})},
    "archive-traces": {Table.CONFIG: READS, Table.TRACES: READS | {"BatchWriteItem"}},
    "flag-eval": {
        Table.KEYS: READS,
        Table.CONFIG: READS,
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "alert-check": {
        Table.CONFIG: READS,
        Table.METRICS: READS,
        Table.ALERTS: READS | {"PutItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "analyze": {
        Table.KEYS: READS,
        Table.CONFIG: READS | {"PutItem", "BatchWriteItem"},
        Table.METRICS: READS,
        Table.EXPERIMENTS: READS | {"PutItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "explain": {
        Table.KEYS: READS,
        Table.DECISIONS: READS | {"PutItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
    "console": {
        Table.KEYS: READS,
        Table.CONFIG: READS | {"PutItem", "BatchWriteItem"},
        Table.METRICS: READS,
        Table.EXPERIMENTS: READS,
        Table.TRACES: READS | {"BatchWriteItem"},
    },
    "sweep-outbox": {
        Table.DECISIONS: READS | {"DeleteItem"},
        Table.TRACES: frozenset({"BatchWriteItem"}),
    },
}
"""What each function may do with tables, written out: whoever widens a grant changes it here."""


@EVERYWHERE
@EVERY_FUNCTION
def test_a_function_may_do_with_tables_what_is_written_here_and_no_more(
    assembly: Path, name: Name, function: Function
) -> None:
    allowed = list(grants(read(assembly, name, "app"), f"cairn-{name}-{function.name}"))
    found = {
        table: {
            action.removeprefix("dynamodb:")
            for action, place in allowed
            if f"Tables{table.title()}" in place
        }
        for table in Table
    }
    assert {table: actions for table, actions in found.items() if actions} == TABLES[function.name]


@EVERYWHERE
@EVERY_FUNCTION
def test_queues_are_used_as_the_catalog_says(
    assembly: Path, name: Name, function: Function
) -> None:
    allowed = list(grants(read(assembly, name, "app"), f"cairn-{name}-{function.name}"))
    for queue in set(Queue) - {Queue.SCHEDULES_DEAD}:
        made = f"Queues{queue.name.title().replace('_', '')}"
        actions = {action for action, place in allowed if re.search(rf"{made}[0-9A-F]{{8}}", place)}
        consumes = function.consumes is not None and function.consumes.queue == queue
        assert ("sqs:SendMessage" in actions) == (queue in function.writes)
        assert ("sqs:ReceiveMessage" in actions) == consumes
        assert bool(actions) == (consumes or queue in function.stores)


@EVERYWHERE
@EVERY_FUNCTION
def test_other_places_are_touched_as_the_catalog_says(
    assembly: Path, name: Name, function: Function
) -> None:
    allowed = list(grants(read(assembly, name, "app"), f"cairn-{name}-{function.name}"))
    actions = {action for action, _ in allowed}
    assert ("events:PutEvents" in actions) == (Place.BUS in function.writes)
    secrets = {place for action, place in allowed if action.startswith("secretsmanager:")}
    kept = {Place.WEBHOOK_SECRET, Place.MODEL_KEY} & function.reads
    assert len(secrets) == len(kept)
    assert ("secretsmanager:GetSecretValue" in actions) == bool(kept)
    uses_cache = Place.CACHE in function.reads | function.writes
    assert ("elasticache:Connect" in actions) == (uses_cache and name == "prod")


@EVERYWHERE
def test_each_half_of_the_archive_has_one_writer_and_parcels_have_no_reader(
    assembly: Path, name: Name
) -> None:
    template = read(assembly, name, "app")
    found = {
        (function.name, action, place.partition("/")[2])
        for function in FUNCTIONS
        for action, place in grants(template, f"cairn-{name}-{function.name}")
        if action.startswith("s3:")
    }
    assert found == {
        ("aggregate-metrics", "s3:PutObject", "parcels/*"),
        ("archive-traces", "s3:PutObject", "traces/*"),
        ("archive-traces", "s3:GetObject", "traces/*"),
        ("archive-traces", "s3:ListBucket", ""),
        ("console", "s3:GetObject", "traces/*"),
        ("console", "s3:ListBucket", ""),
    }


@EVERYWHERE
def test_no_arn_names_a_partition(assembly: Path, name: Name) -> None:
    for stack in ("state", "app"):
        assert "arn:aws:" not in str(read(assembly, name, stack).body)


@EVERYWHERE
def test_no_role_may_do_everything_or_touch_everything(assembly: Path, name: Name) -> None:
    for policy in read(assembly, name, "app").of("IAM::Policy").values():
        for action, place in allowed_by(policy):
            assert "*" not in action
            assert place != "*"


@EVERYWHERE
def test_no_two_functions_share_a_role(assembly: Path, name: Name) -> None:
    functions = read(assembly, name, "app").of("Lambda::Function").values()
    roles = {each["Role"]["Fn::GetAtt"][0] for each in functions}
    assert len(roles) == len(FUNCTIONS)


def grants(template: Template, function: str) -> Iterator[tuple[str, str]]:
    """Pairs of action and resource that the function's role allows."""
    role = template.named(function)["Role"]["Fn::GetAtt"][0]
    for policy in template.of("IAM::Policy").values():
        if {"Ref": role} in policy["Roles"]:
            yield from allowed_by(policy)


def allowed_by(policy: Json) -> Iterator[tuple[str, str]]:
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in strings(statement["Action"]):
            for place in as_list(statement["Resource"]):
                yield action, "".join(strings(place))


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
