"""What explain is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of explain.

    Attributes:
        shards: message groups of the events queue.
    """

    keys_table: str
    decisions_table: str
    explanations_queue_url: str
    events_queue_url: str
    shards: int
