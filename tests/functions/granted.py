"""Holds every call that a function makes of AWS against what its role is granted."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.catalog import FUNCTIONS, Function
from infra.config import LOCAL
from infra.grants import PREFIXES, actions_of
from infra.stores import ARCHIVE_BUCKET, FIFO, Place, Queue, Store, Table

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

type Params = Mapping[str, Any]  # Any: arguments of any operation
type Call = tuple[str, str]
"""What was done, and to what: an action as IAM says it, and a name in AWS."""

CLIENTS: Final = ("dynamodb", "events", "s3", "secretsmanager", "sqs")
"""What wirings make their clients with; each is named as the service."""


@dataclass
class Watch:
    """What functions did that they may not.

    Attributes:
        refused: each such call, and who made it.
    """

    refused: set[tuple[str, Call]] = field(default_factory=set)

    def over(self, function: Function, make: "Callable[..., BaseClient]") -> "Callable[..., Any]":
        """Makes clients as before, and listens to what they are asked."""
        granted = granted_to(function)

        def made(*args: object) -> "BaseClient":
            client = make(*args)

            def hear(params: Params, model: "OperationModel", **_: object) -> None:
                service = str(model.service_model.endpoint_prefix)
                for call in calls(service, model.name, params):
                    if not any(action == call[0] and fits(call[1]) for action, fits in granted):
                        self.refused.add((function.name, call))

            client.meta.events.register("before-parameter-build", hear)
            return client

        return made


def watched(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch over every function that a test has imported and wires from now on."""
    watch = Watch()
    for function in FUNCTIONS:
        wiring = sys.modules.get(f"functions.{function.package}.wiring")
        for name in CLIENTS:
            if hasattr(wiring, name):
                monkeypatch.setattr(wiring, name, watch.over(function, getattr(wiring, name)))
    return watch


def granted_to(function: Function) -> list[tuple[str, Callable[[str], bool]]]:
    """Actions, each with the names that it may be done to."""
    return [
        (action, named(store))
        for store in function.stores
        for action in actions_of(function, store)
    ]


def named(store: Store) -> Callable[[str], bool]:
    """Whether a name in AWS is that of a store."""
    match store:
        case Place() if store in PREFIXES:
            begin = f"{LOCAL.named(ARCHIVE_BUCKET)}/{PREFIXES[store]}/"
            return lambda name: name.startswith(begin)
        case Place.BUS:
            return lambda name: name == "cairn-local"
        case Place.WEBHOOK_SECRET | Place.MODEL_KEY:
            return lambda name: f":secret:{LOCAL.named(store)}-" in name
        case Queue():
            end = ".fifo" if store in FIFO else ""
            return lambda name: name.endswith(f"/{LOCAL.named(store)}{end}")
        case Table() | Place():
            return lambda name: name == LOCAL.named(store)


def calls(service: str, operation: str, params: Params) -> Iterator[Call]:
    """What an operation needs to be granted, by the parts that it is made of."""
    match service:
        case "dynamodb":
            yield from ((f"dynamodb:{done}", table) for done, table in on_tables(operation, params))
        case "sqs":
            yield f"sqs:{operation.removesuffix('Batch')}", params["QueueUrl"]
        case "s3":
            yield f"s3:{operation}", f"{params['Bucket']}/{params['Key']}"
        case "events":
            yield from (
                (f"events:{operation}", entry["EventBusName"]) for entry in params["Entries"]
            )
        case _:
            yield f"{service}:{operation}", params["SecretId"]


def on_tables(operation: str, params: Params) -> Iterator[tuple[str, str]]:
    """Of an operation on tables, what is done, and to which."""
    match operation:
        case "TransactWriteItems":
            for part in params["TransactItems"]:
                ((verb, request),) = part.items()
                yield f"{verb}Item", request["TableName"]
        case "BatchWriteItem":
            for table, requests in params["RequestItems"].items():
                yield operation, table
                if any("DeleteRequest" in each for each in requests):
                    yield "DeleteItem", table
        case "BatchGetItem":
            yield from ((operation, table) for table in params["RequestItems"])
        case _:
            yield operation, params["TableName"]
