"""Each function's role allows what its line of the catalog says, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.catalog import FUNCTIONS, Function, Place, Queue, Table
from infra.config import ENVIRONMENTS, Name
from infra.constructs.stores import READ_ITEMS, WRITE_ITEMS
from tests.infra.assembly import Json, Template, read, strings

EVERYWHERE = pytest.mark.parametrize("name", list(ENVIRONMENTS))
EVERY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)


@EVERYWHERE
@EVERY_FUNCTION
def test_tables_are_read_and_written_as_the_catalog_says(
    assembly: Path, name: Name, function: Function
) -> None:
    allowed = list(grants(read(assembly, name, "app"), f"cairn-{name}-{function.name}"))
    for table in Table:
        actions = {action for action, place in allowed if f"Tables{table.title()}" in place}
        expected = {*(READ_ITEMS if table in function.reads else ())}
        expected |= {*(WRITE_ITEMS if table in function.writes else ())}
        assert actions == expected


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
        assert bool(actions) == (consumes or queue in function.reads | function.writes)


@EVERYWHERE
@EVERY_FUNCTION
def test_other_places_are_touched_as_the_catalog_says(
    assembly: Path, name: Name, function: Function
) -> None:
    allowed = list(grants(read(assembly, name, "app"), f"cairn-{name}-{function.name}"))
    actions = {action for action, _ in allowed}
    assert ("s3:PutObject" in actions) == (Place.ARCHIVE in function.writes)
    assert ("s3:GetObject" in actions) == (Place.ARCHIVE in function.reads)
    assert ("events:PutEvents" in actions) == (Place.BUS in function.writes)
    secret = bool({Place.WEBHOOK_SECRET, Place.MODEL_KEY} & function.reads)
    assert ("secretsmanager:GetSecretValue" in actions) == secret
    uses_cache = Place.CACHE in function.reads | function.writes
    assert ("elasticache:Connect" in actions) == (uses_cache and name == "prod")


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
