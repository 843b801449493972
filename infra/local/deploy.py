"""Deploys the synthesized stacks to the emulator through CloudFormation."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.assembly import stacks
from infra.local.assets import upload, upload_template
from infra.local.cors import Cors
from infra.local.failure import LocalError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

PREFIX = "cairn-local"
POLL_S = 0.05
PATIENCE_S = 60.0

type Template = dict[str, dict[str, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What stands in the emulator.

    Attributes:
        resources: Physical ids by resource type, such as table names and queue addresses.
        cors: The API's cross-origin rules, as in its template.
    """

    resources: Mapping[str, tuple[str, ...]]
    cors: Cors

    @property
    def api_id(self) -> str:
        """The HTTP API."""
        return self.resources["AWS::ApiGatewayV2::Api"][0]


def deploy(
    session: boto3.Session,
    endpoint: str,
    assembly: Path,
    *,
    packed: Path,
    parameters: Mapping[str, str],
) -> Deployment:
    """Creates the local stacks of an assembly.

    Args:
        session: For the emulated account.
        endpoint: The emulator's address.
        assembly: What the CDK wrote.
        packed: Where zipped assets are kept.
        parameters: Values for those template parameters that a stack has.

    Raises:
        LocalError: a resource can't be created.
    """
    try:
        return _deploy(session, endpoint, assembly, packed, parameters)
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"The emulator could not take the stacks: {error}") from error


def _deploy(
    session: boto3.Session,
    endpoint: str,
    assembly: Path,
    packed: Path,
    parameters: Mapping[str, str],
) -> Deployment:
    formation = session.client("cloudformation", endpoint_url=endpoint)
    resources: dict[str, list[str]] = {}
    cors = Cors()
    for stack in stacks(assembly, PREFIX):
        s3 = session.client("s3", endpoint_url=endpoint)
        upload(s3, stack.assets, packed)
        template: Template = json.loads(stack.template.read_text())
        url = f"{endpoint}/{upload_template(s3, stack.template)}"
        taken = {
            name: parameters[name] for name in template.get("Parameters", {}) if name in parameters
        }
        _create(formation, stack.name, url, taken)
        for kind, physical in _resources(formation, stack.name):
            resources.setdefault(kind, []).append(physical)
        cors = _cors(template) or cors
    return Deployment({kind: tuple(ids) for kind, ids in resources.items()}, cors)


def _create(
    formation: "CloudFormationClient", name: str, template_url: str, parameters: Mapping[str, str]
) -> None:
    formation.create_stack(
        StackName=name,
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": each, "ParameterValue": value} for each, value in parameters.items()
        ],
    )
    status = _settled(formation, name)
    if status != "CREATE_COMPLETE":
        raise LocalError(f"The emulator refused the template: {_reason(formation, name)}")


def _settled(formation: "CloudFormationClient", name: str) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            return status
        time.sleep(POLL_S)
    raise LocalError(f"The stack {name} was not created within {PATIENCE_S:.0f} s.")


def _reason(formation: "CloudFormationClient", name: str) -> str:
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    failures = [each for each in events if each.get("ResourceStatus", "").endswith("FAILED")]
    named = [
        f"{each.get('LogicalResourceId')} ({each.get('ResourceStatusReason', 'no reason given')})"
        for each in failures
    ]
    return named[-1] if named else "no reason given"  # events come newest first


def _resources(formation: "CloudFormationClient", name: str) -> Iterator[tuple[str, str]]:
    for each in formation.describe_stack_resources(StackName=name)["StackResources"]:
        yield each["ResourceType"], each.get("PhysicalResourceId", "")


def _cors(template: Template) -> Cors | None:
    for resource in template["Resources"].values():
        properties = resource.get("Properties")
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and isinstance(properties, dict):
            return Cors.model_validate(properties.get("CorsConfiguration", {}))
    return None
