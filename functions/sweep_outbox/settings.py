"""What sweep-outbox is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of sweep-outbox."""

    decisions_table: str
    events_queue_url: str
