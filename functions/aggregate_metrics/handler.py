"""The events queue: parcels, archived and folded exactly once."""

from collections.abc import Mapping
from typing import Any

from cairn.events.model import Parcel
from cairn.metrics.consume import Delivery, Outcome, consume
from cairn.platform.observability.correlation import trace_of_batch
from cairn.platform.observability.invocation import Invocation, LambdaContext
from functions.aggregate_metrics.wiring import wiring

type Batch = Mapping[str, Any]  # Any: JSON from SQS, read only in this file
type Report = dict[str, list[dict[str, str]]]


def handler(event: Batch, context: LambdaContext) -> Report:
    """Takes in one batch; gives the messages that must come again."""
    wired = wiring()
    deliveries = [_delivery(record) for record in event["Records"]]
    trace = trace_of_batch(event["Records"])
    workspaces: set[str] = set()

    def take(parcel: Parcel, body: str) -> int:
        workspaces.add(parcel.workspace)
        return wired.ingestion.take(parcel, body)

    with wired.telemetry.invocation("parcels.folded", context, trace, "consumer") as line:
        outcome = consume(deliveries, take, wired.undertaker)
        line.note(workspace=workspaces.pop() if len(workspaces) == 1 else None)
        _note(line, outcome)
        wired.telemetry.count("EventsCounted", outcome.counted)
        wired.telemetry.count("ParcelsBuried", outcome.buried)
        wired.telemetry.count("ParcelsReturned", len(outcome.returned))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in outcome.returned]}


def _delivery(record: Mapping[str, Any]) -> Delivery:
    return Delivery(record["messageId"], record["attributes"]["MessageGroupId"], record["body"])


def _note(line: Invocation, outcome: Outcome) -> None:
    line.note(
        counted=outcome.counted,
        folded=outcome.folded,
        buried=outcome.buried,
        returned=len(outcome.returned),
    )
    if outcome.failures:
        line.fail(outcome.failures[0].error)
        line.note(stopped=[f"{each.delivery.group}: {each.error}" for each in outcome.failures])
