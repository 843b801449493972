"""Keys of providers, from the one secret that holds them all.

    {"openai": {"key": "sk-…", "hosts": ["api.openai.com"], "workspaces": ["shop"]}}

Whoever publishes configuration names a key and an address. The secret says which of them go
together, so that no workspace can send a key elsewhere, or use another's.
"""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from cairn.access.model import WORKSPACE_PATTERN
from cairn.llm.client import AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.model import ErrorClass
from cairn.platform.errors import Unavailable

type FindKey = Callable[[str, Provider], str]
"""Gives the key that a workspace sends to a provider, or raises `AttemptFailed`."""

UNREADABLE: Final = "keys_unreadable"
MISSING: Final = "no_key"
OTHER_HOST: Final = "key_not_for_host"
OTHER_WORKSPACE: Final = "key_not_for_workspace"

_NAMED: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(
    dict[str, JsonValue], config=ConfigDict(hide_input_in_errors=True)
)


def _sendable(key: SecretStr) -> SecretStr:
    """The key without the white space around it: secrets are often pasted with a line's end."""
    bare = key.get_secret_value().strip()
    if not (bare and bare.isascii() and bare.isprintable()):
        raise PydanticCustomError("models.key", "a key is printable ASCII")
    return SecretStr(bare)


type Host = Annotated[str, Field(pattern=r"^([a-z0-9.-]{1,253}|::1)$")]
"""A host as it stands in an address: in small letters, without a scheme and without a port."""

type Workspace = Annotated[str, Field(pattern=WORKSPACE_PATTERN)]


class BoundKey(BaseModel):
    """A key, and where it may go.

    Attributes:
        hosts: the hosts that it may be sent to.
        workspaces: who may use it; every workspace, where it is not said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: Annotated[SecretStr, AfterValidator(_sendable)]
    hosts: Annotated[frozenset[Host], Field(min_length=1)]
    workspaces: frozenset[Workspace] | None = None

    def refusal(self, workspace: str, provider: Provider) -> str | None:
        """Why `workspace` may not send it to `provider`; None where it may."""
        if self.workspaces is not None and workspace not in self.workspaces:
            return OTHER_WORKSPACE
        if urlsplit(provider.base_url).hostname not in self.hosts:
            return OTHER_HOST
        return None


def bound_key(secret: str, name: str) -> BoundKey | None:
    """The key of that name in the secret; None where there is none.

    Raises:
        pydantic.ValidationError: the secret is no JSON object, or this key in it is malformed.
    """
    keys = _NAMED.validate_json(secret)
    return BoundKey.model_validate(keys[name]) if name in keys else None


class ModelKeys:
    """Finds keys in the secret."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def find(self, workspace: str, provider: Provider) -> str:
        """The key that `workspace` sends to `provider`.

        Raises:
            AttemptFailed: the secret cannot be read or is malformed, has no such key, or does not
                let this workspace send it there.
        """
        try:
            found = bound_key(self._read(), provider.key or "")
        except (Unavailable, ValidationError):
            raise _failed(UNREADABLE) from None
        if found is None:
            raise _failed(MISSING)
        if refusal := found.refusal(workspace, provider):
            raise _failed(refusal)
        return found.key.get_secret_value()


def _failed(outcome: str) -> AttemptFailed:
    return AttemptFailed(ErrorClass.AUTHENTICATION, outcome)
