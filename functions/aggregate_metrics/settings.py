"""What aggregate-metrics is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of aggregate-metrics.

    Attributes:
        shards: shards of every rollup.
    """

    config_table: str
    sessions_table: str
    metrics_table: str
    archive_bucket: str
    events_dead_queue_url: str
    shards: int
