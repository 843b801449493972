"""What archive-traces is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of archive-traces."""

    config_table: str
    archive_bucket: str
