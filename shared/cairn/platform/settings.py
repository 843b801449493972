"""A function's environment as a frozen model.

Each function has a `settings.py` with a subclass that names what it needs. The field
`config_table` is read from `CAIRN_CONFIG_TABLE`, and so on; the stack fills exactly these.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

PREFIX = "CAIRN_"


class Settings(BaseModel):
    """What every function knows of where it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Literal["local", "dev", "prod"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Reads the fields from `environ`.

        Raises:
            pydantic.ValidationError: a variable is missing or malformed.
        """
        names = {field: variable(field) for field in cls.model_fields}
        return cls.model_validate(
            {field: environ[name] for field, name in names.items() if name in environ}
        )

    @classmethod
    def variables(cls) -> list[str]:
        """The names of the environment variables that `load` reads, sorted."""
        return sorted(variable(field) for field in cls.model_fields)


def variable(field: str) -> str:
    """The environment variable of a settings field."""
    return PREFIX + field.upper()
