from pathlib import Path

import pytest

from cairn.events import cloud_events
from infra.catalog import FUNCTIONS, Function
from infra.config import ENVIRONMENTS, Name
from infra.constructs.settings import settings_of
from tests.infra.assembly import Template, read, strings

EVERYWHERE = pytest.mark.parametrize("name", list(ENVIRONMENTS))
BEHIND_THE_API = {each.name for each in FUNCTIONS if each.routes}


@EVERYWHERE
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_a_functions_environment_equals_its_settings(
    assembly: Path, name: Name, function: Function
) -> None:
    made = read(assembly, name, "app").named(f"cairn-{name}-{function.name}")
    given = made["Environment"]["Variables"]
    assert sorted(given) == settings_of(function).variables()
    spoken = {each: value if isinstance(value, str) else "later" for each, value in given.items()}
    assert settings_of(function).load(spoken).environment == name


@EVERYWHERE
def test_functions_are_as_the_catalog_says(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    assert len(template.of("Lambda::Function")) == len(FUNCTIONS)
    for function in FUNCTIONS:
        made = template.named(f"cairn-{name}-{function.name}")
        assert made["Handler"] == f"functions.{function.package}.handler.handler"
        assert made["Runtime"] == "python3.13"
        assert made["Architectures"] == ["arm64"]
        assert made["MemorySize"] == function.memory_mb
        assert made["Timeout"] == function.timeout_s
        assert len(made["Layers"]) == len(function.layers)


@EVERYWHERE
def test_only_prod_sets_concurrency_aside(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    for function in FUNCTIONS:
        made = template.named(f"cairn-{name}-{function.name}")
        expected = function.reserved if name == "prod" else None
        assert made.get("ReservedConcurrentExecutions") == expected


@EVERYWHERE
def test_every_function_has_a_version_an_alias_and_a_log_that_ends(
    assembly: Path, name: Name
) -> None:
    template = read(assembly, name, "app")
    assert len(template.of("Lambda::Version")) == len(FUNCTIONS)
    assert {each["Name"] for each in template.of("Lambda::Alias").values()} == {"live"}
    assert len(template.of("Lambda::Alias")) == len(FUNCTIONS)
    logs = {each["LogGroupName"]: each for each in template.of("Logs::LogGroup").values()}
    for function in FUNCTIONS:
        kept = logs[f"/aws/lambda/cairn-{name}-{function.name}"]["RetentionInDays"]
        assert kept == ENVIRONMENTS[name].log_days


@EVERYWHERE
def test_every_trigger_targets_an_alias(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    aliases = set(template.of("Lambda::Alias"))
    targets = [
        *(each["IntegrationUri"] for each in template.of("ApiGatewayV2::Integration").values()),
        *(each["FunctionName"] for each in template.of("Lambda::EventSourceMapping").values()),
        *(each["FunctionName"] for each in template.of("Lambda::Permission").values()),
        *(each["Target"]["Arn"] for each in template.of("Scheduler::Schedule").values()),
    ]
    assert len(targets) == 2 * len(BEHIND_THE_API) + 2 + 4
    for target in targets:
        assert len(aliases.intersection(strings(target))) == 1


@EVERYWHERE
def test_the_api_has_every_route_of_the_catalog_and_a_limit(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    routes = {each["RouteKey"] for each in template.of("ApiGatewayV2::Route").values()}
    assert routes == {route for each in FUNCTIONS for route in each.routes}
    (stage,) = template.of("ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == ENVIRONMENTS[name].rate_per_s
    assert "$context.requestId" in stage["AccessLogSettings"]["Format"]
    assert "$context.identity" not in stage["AccessLogSettings"]["Format"]


@EVERYWHERE
def test_browsers_may_send_keys_and_read_etags(assembly: Path, name: Name) -> None:
    (api,) = read(assembly, name, "app").of("ApiGatewayV2::Api").values()
    cors = api["CorsConfiguration"]
    assert {"x-api-key", "authorization", "idempotency-key", "traceparent", "if-none-match"} <= set(
        cors["AllowHeaders"]
    )
    assert set(cors["AllowHeaders"]) >= cloud_events.HEADERS
    assert {"etag", "retry-after", "traceparent"} <= set(cors["ExposeHeaders"])
    assert not cors.get("AllowCredentials")


@EVERYWHERE
def test_queues_are_consumed_in_batches_that_may_fail_in_part(assembly: Path, name: Name) -> None:
    mappings = read(assembly, name, "app").of("Lambda::EventSourceMapping").values()
    assert len(mappings) == 2
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BatchSize"] <= 10


@EVERYWHERE
def test_schedules_retry_and_then_give_up_into_a_queue(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    schedules = template.of("Scheduler::Schedule").values()
    assert {each["Name"] for each in schedules} == {
        f"cairn-{name}-alert-check",
        f"cairn-{name}-analyze",
        f"cairn-{name}-archive-traces",
        f"cairn-{name}-sweep-outbox",
    }
    for schedule in schedules:
        assert schedule["Target"]["DeadLetterConfig"]["Arn"]
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 2
    for invoke in template.of("Lambda::EventInvokeConfig").values():
        assert invoke["DestinationConfig"]["OnFailure"]["Destination"]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_function_is_watched(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    alarms = {each["AlarmName"]: each for each in template.of("CloudWatch::Alarm").values()}
    assert set(alarms) == {
        f"cairn-{name}-{function.name}-{kind}"
        for function in FUNCTIONS
        for kind in ("errors", "throttles", "slow", "memory")
    }
    for function in FUNCTIONS:
        assert alarms[f"cairn-{name}-{function.name}-slow"]["ExtendedStatistic"] == "p95"
        assert alarms[f"cairn-{name}-{function.name}-memory"]["Threshold"] < function.memory_mb


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_memory_is_read_from_lambdas_own_reports(assembly: Path, name: Name) -> None:
    template = read(assembly, name, "app")
    for function in template.of("Lambda::Function").values():
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["SystemLogLevel"] == "INFO"
    for reports in template.of("Logs::MetricFilter").values():
        assert reports["FilterPattern"] == '{ $.type = "platform.report" }'
        (metric,) = reports["MetricTransformations"]
        assert metric["MetricValue"] == "$.record.metrics.maxMemoryUsedMB"


def test_prod_lets_new_versions_in_by_canary_and_takes_them_back(assembly: Path) -> None:
    template = read(assembly, "prod", "app")
    groups = template.of("CodeDeploy::DeploymentGroup").values()
    assert {each["DeploymentGroupName"] for each in groups} == {
        f"cairn-prod-{name}" for name in BEHIND_THE_API
    }
    for group in groups:
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert len(group["AlarmConfiguration"]["Alarms"]) == 4
    assert moved_by_codedeploy(template) == len(BEHIND_THE_API)


def moved_by_codedeploy(template: Template) -> int:
    return sum(
        "CodeDeployLambdaAliasUpdate" in resource.get("UpdatePolicy", {})
        for resource in template.body["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Alias"
    )


def test_local_asks_the_emulator_for_nothing_it_refuses(assembly: Path) -> None:
    kinds = read(assembly, "local", "app").kinds() | read(assembly, "local", "state").kinds()
    assert not [kind for kind in kinds if kind.split("::")[1] in {"CodeDeploy", "ElastiCache"}]


def test_local_finds_its_code_in_a_bucket_whose_name_is_known(assembly: Path) -> None:
    template = read(assembly, "local", "app")
    for function in template.of("Lambda::Function").values():
        assert function["Code"]["S3Bucket"] == "cairn-local-assets"
    assert "Rules" not in template.body
    assert "BootstrapVersion" not in template.body.get("Parameters", {})
