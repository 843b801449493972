"""What the functions must know and nobody else."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config import Environment
from infra.constructs.acknowledge import acknowledge
from infra.stores import Place

PURPOSES = {
    Place.WEBHOOK_SECRET: "Root of the keys that sign what webhooks receive, one per workspace.",
    Place.MODEL_KEY: "Keys of model providers by name, each with the hosts that it may be sent to. "
    "Made of random letters until someone puts real ones in; until then models that want a key are "
    "not asked, and the cascade goes on without them.",
}


class Secrets(Construct):
    """Every secret of the catalog.

    Attributes:
        by_name: The secrets.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        self.by_name = {place: self._secret(place, environment) for place in PURPOSES}

    def _secret(self, place: Place, environment: Environment) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            place.name.title().replace("_", ""),
            secret_name=environment.named(place),
            description=PURPOSES[place],
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret,
            {
                "AwsSolutions-SMG4": "Its other half lies with somebody else, who must change it "
                "at the same moment; it is replaced by hand, with both at the table."
            },
        )
        return secret
