"""What flag-eval is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of flag-eval."""

    keys_table: str
    config_table: str
