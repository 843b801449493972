"""What console is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of console.

    Attributes:
        cache_url: see `CAIRN_CACHE_URL`; empty where there is no cache.
        shards: shards of every rollup.
    """

    keys_table: str
    config_table: str
    metrics_table: str
    experiments_table: str
    archive_bucket: str
    events_queue_url: str
    events_dead_queue_url: str
    cache_url: str = ""
    shards: int
