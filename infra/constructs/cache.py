"""The plan cache where AWS runs it: Valkey without servers, TLS and IAM instead of a VPC."""

from aws_cdk import Stack
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config import Environment

ENGINE = "valkey"
MAJOR_VERSION = "9"  # the first that may have a public endpoint
MOST_GB = 5
MOST_UNITS_PER_S = 10_000
COMMANDS = (
    "on ~* -@all +@read +@write +@connection +@scripting -@dangerous +cluster|slots +cluster|shards"
)
"""What the functions may do: read, write, run scripts and find their way in the cluster, but
not list or drop everything."""


class ServerlessCache(Construct):
    """An ElastiCache Serverless cache with one user, who signs in by IAM.

    Attributes:
        url: Where the functions find it and as whom.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self._user = environment.named("functions")
        self._cache = environment.named("cache")
        cache = self._make(self._group(environment))
        host, port = cache.attr_endpoint_address, cache.attr_endpoint_port
        self.url = f"rediss://{host}:{port}?iam={self._user}&cache={self._cache}"

    def grant_connect(self, role: iam.IRole) -> None:
        """Lets `role` sign in."""
        stack = Stack.of(self)
        names = {"serverlesscache": self._cache, "user": self._user}
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["elasticache:Connect"],
                resources=[
                    f"arn:{stack.partition}:elasticache:{stack.region}:{stack.account}:{kind}:{name}"
                    for kind, name in names.items()
                ],
            )
        )

    def _group(self, environment: Environment) -> elasticache.CfnUserGroup:
        user = elasticache.CfnUser(
            self,
            "User",
            engine=ENGINE,
            user_id=self._user,
            user_name=self._user,  # with IAM both must be the same
            authentication_mode={"Type": "iam"},
            access_string=COMMANDS,
        )
        return elasticache.CfnUserGroup(
            self,
            "Users",
            engine=ENGINE,
            user_group_id=environment.named("users"),
            user_ids=[user.ref],
        )

    def _make(self, users: elasticache.CfnUserGroup) -> elasticache.CfnServerlessCache:
        limits = elasticache.CfnServerlessCache
        return elasticache.CfnServerlessCache(
            self,
            "Cache",
            engine=ENGINE,
            major_engine_version=MAJOR_VERSION,
            serverless_cache_name=self._cache,
            connection_type="public",
            user_group_id=users.ref,
            cache_usage_limits=limits.CacheUsageLimitsProperty(
                data_storage=limits.DataStorageProperty(maximum=MOST_GB, unit="GB"),
                ecpu_per_second=limits.ECPUPerSecondProperty(maximum=MOST_UNITS_PER_S),
            ),
        )
