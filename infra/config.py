"""Where Cairn runs: one frozen model for each environment, and what differs between them."""

from dataclasses import dataclass
from typing import Literal

type Name = Literal["local", "dev", "prod"]
type CacheKind = Literal["given", "none", "serverless"]
type LogLevel = Literal["DEBUG", "INFO"]
type LogDays = Literal[7, 30, 365]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the stacks need to know of an environment.

    Attributes:
        name: Second word of every name in AWS: `cairn-<name>-<thing>`.
        protected: Tables and archive outlive their stack and refuse to be deleted.
        cache: Where the cache comes from: an address given when the stack is deployed
            (`given`), none at all, or ElastiCache Serverless.
        canary: New versions get a tenth of the traffic first and are rolled back by alarms.
        alarms: Whether somebody wants to know.
        reserves_concurrency: Whether the catalog's reservations are made; the account needs
            a concurrency limit well above their sum.
        shards: Message groups of the events queue and shards of every rollup.
        log_level: Least severe level that is logged. Nothing above INFO: metrics are log lines
            of that level.
        log_days: How long logs are kept, days.
        archive_days: How long parcels stay in the archive, days.
        trace_days: How long traces can be looked at, days.
        trace_share: How much of all traces is kept with all their spans, 0 to 1; failed and slow
            ones always are.
        trace_payloads: Whether traces hold prompts and answers of models, redacted.
        trace_otlp_url: A collector that gets all traces too, over OTLP; empty for none.
        xray: Whether X-Ray gets them too.
        origins: Web origins that browsers may call from.
        rate_per_s: Requests per second that the API takes over a while.
        burst: Requests that it takes at once.
    """

    name: Name
    protected: bool
    cache: CacheKind
    canary: bool
    alarms: bool
    reserves_concurrency: bool
    shards: int
    log_level: LogLevel
    log_days: LogDays
    archive_days: int
    trace_days: int
    trace_share: float
    trace_payloads: bool = False
    trace_otlp_url: str = ""
    xray: bool = False
    origins: tuple[str, ...]
    rate_per_s: int
    burst: int

    def named(self, thing: str) -> str:
        """The name in AWS of `thing`."""
        return f"cairn-{self.name}-{thing}"


LOCAL = Environment(
    name="local",
    protected=False,
    cache="given",
    canary=False,
    alarms=False,
    reserves_concurrency=False,
    shards=4,
    log_level="INFO",
    log_days=7,
    archive_days=7,
    trace_days=3,
    trace_share=1.0,
    origins=("*",),
    rate_per_s=10_000,
    burst=5_000,
)

DEV = Environment(
    name="dev",
    protected=False,
    cache="none",
    canary=False,
    alarms=True,
    reserves_concurrency=False,
    shards=4,
    log_level="DEBUG",
    log_days=30,
    archive_days=30,
    trace_days=7,
    trace_share=1.0,
    origins=("*",),
    rate_per_s=100,
    burst=200,
)

PROD = Environment(
    name="prod",
    protected=True,
    cache="serverless",
    canary=True,
    alarms=True,
    reserves_concurrency=True,
    shards=32,
    log_level="INFO",
    log_days=365,
    archive_days=730,
    trace_days=30,
    trace_share=0.05,
    # Every request is authorized by its key, never by a cookie, so any origin may ask.
    origins=("*",),
    rate_per_s=2_000,
    burst=4_000,
)

ENVIRONMENTS: dict[Name, Environment] = {each.name: each for each in (LOCAL, DEV, PROD)}
