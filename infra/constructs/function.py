"""One function of the catalog: its code, its role, its logs, its versions and alias."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, IgnoreMode, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.catalog import Function
from infra.config import Environment, LogDays
from infra.constructs.acknowledge import acknowledge

ROOT = Path(__file__).parent.parent.parent
ALIAS = "live"
RETENTION: Mapping[LogDays, logs.RetentionDays] = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


class CairnFunction(Construct):
    """A function as the catalog describes it, still without permissions and triggers.

    Attributes:
        entry: Its line of the catalog.
        role: Who it is; may write its own logs and nothing else yet.
        logs: Where its logs go.
        function: The function.
        alias: `live`, what every trigger calls.
    """

    def __init__(  # noqa: PLR0913  # what a function is made of
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        entry: Function,
        layers: Sequence[lambda_.ILayerVersion],
        variables: Mapping[str, str],
    ) -> None:
        super().__init__(scope, name)
        self.entry = entry
        self.logs = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{environment.named(entry.name)}",
            retention=RETENTION[environment.log_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.logs.grant_write(self.role)
        self.function = self._function(environment, layers, variables)
        self.alias = lambda_.Alias(
            self, "Live", alias_name=ALIAS, version=self.function.current_version
        )

    def _function(
        self,
        environment: Environment,
        layers: Sequence[lambda_.ILayerVersion],
        variables: Mapping[str, str],
    ) -> lambda_.Function:
        entry = self.entry
        function = lambda_.Function(
            self,
            "Function",
            function_name=environment.named(entry.name),
            description=entry.does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            # The local emulator runs everything on its own processor and does not look here.
            architecture=lambda_.Architecture.ARM_64,
            code=code_of(entry.package),
            handler=f"functions.{entry.package}.handler.handler",
            layers=layers,
            environment=dict(variables),
            memory_size=entry.memory_mb,
            timeout=Duration.seconds(entry.timeout_s),
            reserved_concurrent_executions=(
                entry.reserved if environment.reserves_concurrency else None
            ),
            role=self.role,
            log_group=self.logs,
            tracing=lambda_.Tracing.ACTIVE if environment.xray else None,
            # As JSON, so that the platform's own reports can be read by the memory alarm.
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.INFO,
            application_log_level_v2=lambda_.ApplicationLogLevel(environment.log_level),
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
        )
        acknowledge(
            function,
            {"AwsSolutions-L1": "Tests run on the same interpreter as Lambda, which is 3.13."},
        )
        return function


def code_of(package: str) -> lambda_.Code:
    """The folder `functions/<package>` under its own import path and nothing beside it."""
    return lambda_.Code.from_asset(
        str(ROOT),
        ignore_mode=IgnoreMode.GIT,
        exclude=[
            "/*",
            "!/functions",
            "/functions/*",
            "!/functions/__init__.py",
            f"!/functions/{package}",
            "__pycache__",
        ],
    )
