"""The HTTP API: every route of the catalog, each to its function's alias."""

import json

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.catalog import UNROUTED
from infra.config import Environment
from infra.constructs.acknowledge import acknowledge
from infra.constructs.function import RETENTION, CairnFunction

ASKED = (
    "authorization",
    "content-type",
    "cairn-sent-at",
    "ce-id",
    "ce-sentat",
    "ce-sessionid",
    "ce-source",
    "ce-specversion",
    "ce-subject",
    "ce-time",
    "ce-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "traceparent",
    "x-api-key",
)
"""Headers that a browser may send."""

ANSWERED = (
    "content-type",
    "etag",
    "idempotent-replayed",
    "retry-after",
    "traceparent",
)
"""Headers that a browser's script may read."""

# No address and no user agent: who the visitor is stays out of the logs.
ACCESS_LINE = {
    "request_id": "$context.requestId",
    "at": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "function_latency_ms": "$context.integrationLatency",
    "function_error": "$context.integrationErrorMessage",
    "bytes": "$context.responseLength",
}


class Api(Construct):
    """The HTTP API with its one stage.

    Attributes:
        http: The API.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self.http = apigateway.HttpApi(
            self,
            "Http",
            api_name=environment.named("api"),
            description="Decisions, events, flags, explanations and metrics.",
            create_default_stage=False,
            cors_preflight=_cors(environment),
        )
        self._stage(environment)
        acknowledge(
            self.http,
            {
                "AwsSolutions-APIG4": "Functions resolve the caller's key to a principal "
                "themselves, in one place; an authorizer would cost a call more per request."
            },
        )

    def serve(self, function: CairnFunction) -> None:
        """Routes to `function` whatever the catalog says it answers."""
        integration = integrations.HttpLambdaIntegration(
            function.entry.name, function.alias, scope_permission_to_route=False
        )
        for route in function.entry.routes:
            name = "Unrouted" if route == UNROUTED else route.replace("/", "-")
            apigateway.HttpRoute(
                self.http, name, http_api=self.http, route_key=_key(route), integration=integration
            )

    def _stage(self, environment: Environment) -> None:
        lines = logs.LogGroup(
            self,
            "Access",
            # Under this prefix the account's limited log policy needs no entry of ours.
            log_group_name=f"/aws/vendedlogs/{environment.named('api')}",
            retention=RETENTION[environment.log_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        stage = apigateway.CfnStage
        stage(
            self,
            "Stage",
            api_id=self.http.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=stage.RouteSettingsProperty(
                throttling_rate_limit=environment.rate_per_s,
                throttling_burst_limit=environment.burst,
            ),
            access_log_settings=stage.AccessLogSettingsProperty(
                destination_arn=lines.log_group_ref.log_group_arn, format=json.dumps(ACCESS_LINE)
            ),
        )


def _key(route: str) -> apigateway.HttpRouteKey:
    if route == UNROUTED:
        return apigateway.HttpRouteKey.DEFAULT
    method, path = route.split(" ")
    return apigateway.HttpRouteKey.with_(path, apigateway.HttpMethod(method))


def _cors(environment: Environment) -> apigateway.CorsPreflightOptions:
    return apigateway.CorsPreflightOptions(
        allow_origins=list(environment.origins),
        allow_methods=[
            apigateway.CorsHttpMethod.GET,
            apigateway.CorsHttpMethod.POST,
            apigateway.CorsHttpMethod.PUT,
        ],
        allow_headers=list(ASKED),
        expose_headers=list(ANSWERED),
        max_age=Duration.hours(1),
    )
