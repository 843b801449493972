"""Keys of providers, by name, from the one secret that holds them all."""

from collections.abc import Callable

from pydantic import SecretStr, TypeAdapter, ValidationError

from cairn.platform.errors import Unavailable

type FindKey = Callable[[str], str | None]
"""Gives the key of that name, or None."""

_KEYS: TypeAdapter[dict[str, SecretStr]] = TypeAdapter(dict[str, SecretStr])


class ModelKeys:
    """Reads a secret that is one JSON object of keys by name."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def find(self, name: str) -> str | None:
        """The key; None where the secret cannot be read, is no such object, or lacks a usable one.

        White space around a key is not part of it: secrets are often pasted with a line's end.
        """
        try:
            keys = _KEYS.validate_json(self._read())
        except (Unavailable, ValidationError):
            return None
        key = keys[name].get_secret_value().strip() if name in keys else ""
        return key if key.isascii() and key.isprintable() and key else None
