"""The tables: on demand, restorable to any second, expiring what says when."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.catalog import Table
from infra.config import Environment

EXPIRES_AT = "expires_at"
"""The attribute that says when an item may go, seconds since 1970."""


class Tables(Construct):
    """Every table of the catalog.

    Attributes:
        by_name: The tables.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self.by_name = {table: self._table(table, environment) for table in Table}

    def _table(self, table: Table, environment: Environment) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            table.name.title(),
            table_name=environment.named(table),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute=EXPIRES_AT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=environment.protected,
            removal_policy=RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY,
        )
