"""Cross-origin rules of an HTTP API, as API Gateway applies them.

Source: "Configure CORS for HTTP APIs in Amazon API Gateway": the gateway answers preflights itself,
and for an API with such a configuration ignores the CORS headers that a function returns.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

ANY = "*"


class Cors(BaseModel):
    """`CorsConfiguration` of `AWS::ApiGatewayV2::Api`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    origins: tuple[str, ...] = Field(default=(), alias="AllowOrigins")
    methods: tuple[str, ...] = Field(default=(), alias="AllowMethods")
    headers: tuple[str, ...] = Field(default=(), alias="AllowHeaders")
    exposed: tuple[str, ...] = Field(default=(), alias="ExposeHeaders")
    credentials: bool = Field(default=False, alias="AllowCredentials")
    max_age_s: int = Field(default=0, alias="MaxAge")

    def preflight(self, origin: str) -> dict[str, str]:
        """Headers of the answer to a preflight; none for a strange origin."""
        if not self._allows(origin):
            return {}
        return self.answer(origin) | _present(
            {
                "access-control-allow-methods": ",".join(self.methods),
                "access-control-allow-headers": ",".join(self.headers),
                "access-control-max-age": str(self.max_age_s or ""),
            }
        )

    def answer(self, origin: str) -> dict[str, str]:
        """Headers that go with every answer to `origin`; none for a strange one."""
        if not self._allows(origin):
            return {}
        return _present(
            {
                "access-control-allow-origin": ANY if ANY in self.origins else origin,
                "access-control-allow-credentials": "true" if self.credentials else "",
                "access-control-expose-headers": ",".join(self.exposed),
                "vary": "" if ANY in self.origins else "origin",
            }
        )

    def _allows(self, origin: str) -> bool:
        return bool(origin) and any(_matches(rule, origin) for rule in self.origins)


def _matches(rule: str, origin: str) -> bool:
    if rule == ANY:
        return True
    scheme, _, rest = rule.partition("//")
    return rule == origin or (rest == ANY and origin.startswith(scheme + "//"))


def _present(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value}
