"""What track-event is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of track-event.

    Attributes:
        shards: message groups of the events queue.
    """

    keys_table: str
    events_queue_url: str
    shards: int
