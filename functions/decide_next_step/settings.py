"""What decide-next-step is told by its environment."""

from cairn.platform import settings


class Settings(settings.Settings):
    """The environment of decide-next-step.

    Attributes:
        cache_url: where Valkey is; empty where there is none.
        shards: message groups of the events queue.
        model_key_arn: the secret with the keys of model providers; read when one is asked.
    """

    keys_table: str
    config_table: str
    sessions_table: str
    decisions_table: str
    events_queue_url: str
    cache_url: str = ""
    shards: int
    model_key_arn: str
