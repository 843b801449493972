"""A function's environment as a frozen model.

Each function has a `settings.py` with a subclass that names what it needs. The field
`config_table` is read from `CAIRN_CONFIG_TABLE`, and so on; the stack fills exactly these.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "CAIRN_"

COLLECTOR: Final = r"^$|^https://[^\s@]+$|^http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s@]*)?$"
"""A collector is https; http only on loopback."""


class Settings(BaseModel):
    """What every function knows of where it runs.

    Attributes:
        traces_table: where traces are kept.
        trace_days: how long traces are kept, days.
        traces: whether spans are recorded and written at all.
        trace_slow_ms: a request or batch that takes this long is kept with all its spans.
        trace_share: so much of all other traces is kept with all spans, 0 to 1.
        trace_payloads: whether spans of model calls hold prompts and answers, redacted.
        trace_otlp_url: a collector's whole address for OTLP over HTTP; empty where there is none.
        trace_xray: whether traces also go to X-Ray.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    environment: Literal["local", "dev", "prod"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    traces_table: str
    trace_days: Annotated[int, Field(gt=0)]
    traces: Literal["on", "off"] = "off"
    trace_slow_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1_000
    trace_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    trace_payloads: bool = False
    trace_otlp_url: Annotated[str, Field(pattern=COLLECTOR)] = ""
    trace_xray: bool = False

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
