"""Where the states of alerts are kept: one partition per workspace, written under a version."""

from cairn.alerts.state import SCHEMA, AlertState
from cairn.platform.dynamo import Condition, Dynamo, Item, Put


class AlertStore:
    """States of all alerts, in the alerts table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def states(self, workspace: str) -> dict[str, AlertState]:
        """Every state of a workspace, by the alert's id, also of rules that are gone."""
        items = self._dynamo.query(self._table, _partition(workspace))
        return {str(item["sk"]): _state(item) for item in items}

    def save(self, workspace: str, state: AlertState) -> AlertState:
        """Writes a state over the one of the same version, and gives it with its new version.

        Raises:
            ConditionFailed: somebody else wrote meanwhile.
        """
        saved = state.model_copy(update={"version": state.version + 1})
        item: Item = {
            "pk": _partition(workspace),
            "sk": state.alert,
            "schema": SCHEMA,
            "version": saved.version,
            "body": saved.model_dump_json(),
        }
        self._dynamo.write(Put(self._table, item, _follows(state.version)))
        return saved


def _partition(workspace: str) -> str:
    return f"{workspace}#alerts#all"


def _state(item: Item) -> AlertState:
    return AlertState.model_validate_json(str(item["body"]))


def _follows(version: int) -> Condition:
    if version == 0:
        return Condition("attribute_not_exists(pk)")
    return Condition("#version = :former", {":former": version}, {"#version": "version"})
