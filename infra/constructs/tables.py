"""The tables: on demand, restorable to any second, expiring what says when."""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.config import Environment
from infra.stores import Table

EXPIRES_AT = "expires_at"
"""The attribute that says when an item may go, seconds since 1970."""

LISTED = "listed"
"""The index of traces by the hour in which they began."""

INDEXES: Mapping[Table, tuple[str, ...]] = {Table.TRACES: (LISTED,)}
"""The secondary indexes of a table."""

TRACE_ROW = (
    "span_id",
    "root",
    "name",
    "service",
    "duration_ms",
    "status",
    "flow",
    "source",
    "model",
    "cost_usd",
)
"""What lists of traces say, and so what their index holds; spans stay in the table.

Stacks don't know the store that writes them; a test holds the two lists together.
"""


class Tables(Construct):
    """Every table of the catalog.

    Attributes:
        by_name: The tables.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self.by_name = {table: self._table(table, environment) for table in Table}
        self.by_name[Table.TRACES].add_global_secondary_index(
            index_name=LISTED,
            partition_key=_text("listed"),
            sort_key=_text("listed_at"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=list(TRACE_ROW),
        )

    def _table(self, table: Table, environment: Environment) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            table.name.title(),
            table_name=environment.named(table),
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute=EXPIRES_AT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=environment.protected,
            removal_policy=RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
