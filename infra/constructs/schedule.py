"""A clock that wakes a function, and where its ticks go when nobody answers."""

from aws_cdk import Duration
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import Environment
from infra.constructs.function import CairnFunction

STALE = Duration.minutes(5)
"""A tick older than this is not delivered any more: later ones have done its work."""


class Schedule(Construct):
    """Wakes one function every few minutes."""

    def __init__(  # noqa: PLR0913  # what a tick is made of
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        of: CairnFunction,
        every_minutes: int,
        dead: sqs.IQueue,
    ) -> None:
        super().__init__(scope, name)
        of.alias.configure_async_invoke(
            retry_attempts=1, max_event_age=STALE, on_failure=destinations.SqsDestination(dead)
        )
        scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=environment.named(of.entry.name),
            description=of.entry.does,
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(every_minutes)),
            target=targets.LambdaInvoke(
                of.alias, dead_letter_queue=dead, retry_attempts=2, max_event_age=STALE
            ),
        )
