"""What is watched. Alarms tell the account's default event bus, where anyone may listen."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.catalog import Consumption
from infra.config import Environment
from infra.constructs.function import CairnFunction
from infra.stores import Queue

MINUTE = Duration.minutes(1)
MEMORY_SHARE = 0.9
"""Share of a function's memory above which it is close to being killed."""


class FunctionAlarms(Construct):
    """Errors, throttles, slowness and memory of one function.

    Attributes:
        all: The alarms; any of them takes a new version back.
    """

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, of: CairnFunction
    ) -> None:
        super().__init__(scope, name)
        self._prefix = environment.named(of.entry.name)
        alias, entry = of.alias, of.entry
        self.all = [
            self._alarm("errors", alias.metric_errors(period=MINUTE), 1),
            self._alarm("throttles", alias.metric_throttles(period=MINUTE), 1),
            self._alarm(
                "slow", alias.metric_duration(period=MINUTE, statistic="p95"), entry.slow_ms
            ),
            self._alarm("memory", self._memory(of), entry.memory_mb * MEMORY_SHARE),
        ]

    def _alarm(self, kind: str, metric: cloudwatch.IMetric, limit: float) -> cloudwatch.Alarm:
        """Raised when two of three minutes reach `limit`, so that one hiccup wakes nobody."""
        return cloudwatch.Alarm(
            self,
            kind.title(),
            alarm_name=f"{self._prefix}-{kind}",
            metric=metric,
            threshold=limit,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _memory(self, of: CairnFunction) -> cloudwatch.Metric:
        """Most memory used, MB, read from the report that Lambda logs after every run."""
        reports = logs.MetricFilter(
            self,
            "Reports",
            log_group=of.logs,
            filter_pattern=logs.FilterPattern.string_value("$.type", "=", "platform.report"),
            metric_namespace="Cairn/Lambda",
            metric_name=f"{self._prefix}-memory-mb",
            metric_value="$.record.metrics.maxMemoryUsedMB",
            unit=cloudwatch.Unit.MEGABYTES,
        )
        return reports.metric(period=MINUTE, statistic="Maximum")


class QueueAlarms(Construct):
    """How late the consumer of a queue is, and whether anything was given up."""

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self._environment = environment

    def late(self, consumption: Consumption, queue: sqs.IQueue) -> None:
        """Raised when the oldest message is older than its consumer should ever let it be."""
        metric = queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum")
        self._alarm(consumption.queue, "late", metric, consumption.late_s)

    def dead(self, name: Queue, queue: sqs.IQueue) -> None:
        """Raised as soon as the dead-letter queue holds a message."""
        metric = queue.metric_approximate_number_of_messages_visible(
            period=MINUTE, statistic="Maximum"
        )
        self._alarm(name, "depth", metric, 1)

    def _alarm(self, queue: Queue, kind: str, metric: cloudwatch.IMetric, limit: float) -> None:
        cloudwatch.Alarm(
            self,
            f"{queue}-{kind}",
            alarm_name=self._environment.named(f"{queue}-{kind}"),
            metric=metric,
            threshold=limit,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
