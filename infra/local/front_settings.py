"""What the front is told when it starts; apart from it, because its server is slow to import."""

from pydantic import BaseModel, ConfigDict

from infra.local.cors import Cors


class FrontSettings(BaseModel):
    """What the front needs to know.

    Attributes:
        upstream: Where the API's routes begin at the emulator.
        port: The loopback port to listen on.
        cors: The API's cross-origin rules.
    """

    model_config = ConfigDict(frozen=True)

    upstream: str
    port: int
    cors: Cors
