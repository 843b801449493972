"""What collect-traces is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of collect-traces."""

    keys_table: str
