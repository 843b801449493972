"""What alert-check is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of alert-check.

    Attributes:
        event_bus: the name of the bus that is told of every transition.
        webhook_secret_arn: the root of the keys that sign what webhooks receive.
        shards: shards of every rollup.
    """

    config_table: str
    metrics_table: str
    alerts_table: str
    event_bus: str
    webhook_secret_arn: str
    shards: int
