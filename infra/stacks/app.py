"""What is deployed again and again: the layers, the functions and whatever wakes them."""

from collections.abc import Mapping

from aws_cdk import AssetHashType, CfnOutput, Stack, StackSynthesizer
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.catalog import FUNCTIONS, Function
from infra.config import Environment
from infra.constructs.alarms import FunctionAlarms
from infra.constructs.api import Api
from infra.constructs.function import CairnFunction
from infra.constructs.rollout import Rollout
from infra.constructs.schedule import Schedule
from infra.constructs.settings import variables_of
from infra.constructs.stores import Stores
from infra.stores import Queue
from layers.build import LayerAsset
from layers.recipes import Layer


class AppStack(Stack):
    """Every function of one environment with its triggers."""

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        stores: Stores,
        layers: Mapping[Layer, LayerAsset],
        synthesizer: StackSynthesizer,
    ) -> None:
        super().__init__(
            scope,
            environment.named("app"),
            description=f"Cairn {environment.name}: what runs.",
            synthesizer=synthesizer,
        )
        self._environment = environment
        self._stores = stores
        self._layers = {layer: self._layer(asset) for layer, asset in layers.items()}
        self._api = Api(self, "Api", environment=environment)
        self._rollout = (
            Rollout(self, "Rollout", environment=environment) if environment.canary else None
        )
        for entry in FUNCTIONS:
            function = self._function(entry)
            stores.let_in(entry, function.role)
            self._wake(function)
            if environment.alarms:
                self._watch(function)
        CfnOutput(self, "ApiId", value=self._api.http.api_id)
        CfnOutput(self, "ApiUrl", value=self._api.http.api_endpoint)

    def _layer(self, asset: LayerAsset) -> lambda_.LayerVersion:
        name = asset.recipe.layer
        return lambda_.LayerVersion(
            self,
            f"{name.capitalize()}Layer",
            layer_version_name=self._environment.named(name),
            description=asset.recipe.holds,
            code=lambda_.Code.from_asset(
                str(asset.path), asset_hash=asset.sha256, asset_hash_type=AssetHashType.CUSTOM
            ),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )

    def _function(self, entry: Function) -> CairnFunction:
        environment = self._environment
        values = self._stores.settings() | {
            "environment": environment.name,
            "log_level": environment.log_level,
            "shards": str(environment.shards),
            "trace_days": str(environment.trace_days),
            "traces": "on",
            "trace_slow_ms": str(entry.slow_ms),
            "trace_share": str(environment.trace_share),
            "trace_payloads": str(environment.trace_payloads).lower(),
            "trace_otlp_url": environment.trace_otlp_url,
            "trace_xray": str(environment.xray).lower(),
        }
        return CairnFunction(
            self,
            entry.name,
            environment=environment,
            entry=entry,
            layers=[self._layers[each] for each in entry.layers],
            variables=variables_of(entry, values),
        )

    def _wake(self, function: CairnFunction) -> None:
        entry, queues = function.entry, self._stores.queues
        self._api.serve(function)
        if entry.consumes:
            function.alias.add_event_source(
                sources.SqsEventSource(
                    queues[entry.consumes.queue],
                    batch_size=entry.consumes.batch,
                    max_concurrency=entry.consumes.at_once,
                    report_batch_item_failures=True,
                )
            )
        if entry.every_minutes:
            Schedule(
                function,
                "Every",
                environment=self._environment,
                of=function,
                every_minutes=entry.every_minutes,
                dead=queues[Queue.SCHEDULES_DEAD],
            )

    def _watch(self, function: CairnFunction) -> None:
        alarms = FunctionAlarms(function, "Alarms", environment=self._environment, of=function)
        if self._rollout and function.entry.routes:
            self._rollout.watch(function, alarms)
