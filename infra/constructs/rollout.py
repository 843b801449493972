"""How a new version takes over: a tenth of the traffic first, and back if an alarm rises."""

from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config import Environment
from infra.constructs.acknowledge import acknowledge
from infra.constructs.alarms import FunctionAlarms
from infra.constructs.function import CairnFunction

CODEDEPLOY_POLICY = "service-role/AWSCodeDeployRoleForLambdaLimited"


class Rollout(Construct):
    """CodeDeploy for the functions behind the API."""

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self._environment = environment
        self._application = codedeploy.LambdaApplication(
            self, "Application", application_name=environment.named("functions")
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(CODEDEPLOY_POLICY)],
        )
        policy = f"Policy::arn:<AWS::Partition>:iam::aws:policy/{CODEDEPLOY_POLICY}"
        acknowledge(
            self._role,
            {
                f"AwsSolutions-IAM4[{policy}]": "AWS keeps this policy in step with what "
                "CodeDeploy needs to move an alias."
            },
        )

    def watch(self, function: CairnFunction, alarms: FunctionAlarms) -> None:
        """Lets new versions of `function` in by canary, guarded by `alarms`."""
        codedeploy.LambdaDeploymentGroup(
            self,
            function.entry.name,
            deployment_group_name=self._environment.named(function.entry.name),
            application=self._application,
            role=self._role,
            alias=function.alias,
            deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=list(alarms.all),
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
