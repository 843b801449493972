"""What analyze is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of analyze.

    Attributes:
        event_bus: the name of the bus that is told of rollbacks.
        shards: shards of experiments' arms, and message groups of the events queue.
    """

    keys_table: str
    config_table: str
    metrics_table: str
    experiments_table: str
    events_queue_url: str
    event_bus: str
    shards: int
