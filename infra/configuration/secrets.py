"""What an environment keeps secret, read as an operator may."""

from cairn.platform.secrets import Secrets
from infra.clients import client
from infra.config import ENVIRONMENTS, Name
from infra.stores import Place


def secret(place: Place, environment: Name) -> str:
    """The value of a secret.

    Raises:
        LocalError: the local stack doesn't run, or AWS cannot be asked from here.
        StoreUnavailable: it is not given to whoever asks.
    """
    secrets = Secrets(client("secretsmanager", environment))
    return secrets.read(ENVIRONMENTS[environment].named(place))
