"""The archive: each parcel as it came, from which every number can be computed; and old traces."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import Environment
from infra.constructs.acknowledge import acknowledge

COLD_AFTER_DAYS = 90
TRACES = "traces"
"""What the names of archived traces begin with."""


class Archive(Construct):
    """The bucket of parcels and archived traces.

    Attributes:
        bucket: The bucket.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        # Bucket names are shared by the whole world, so ours carries its account.
        self._name = f"{environment.named('archive')}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=self._name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[_lifecycle(environment)],
            removal_policy=RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.bucket,
            {
                "AwsSolutions-S1": "Only two functions write here and nobody reads over the web; "
                "data events of CloudTrail tell who touched what, a second bucket would not add."
            },
        )

    def grant_put(self, role: iam.Role) -> None:
        """Lets `role` add objects, and neither read nor delete any."""
        self._grant(
            role,
            "s3:PutObject",
            "*",
            "Every parcel is an object of its own, whose name is not known before it comes.",
        )

    def grant_get(self, role: iam.Role) -> None:
        """Lets `role` read traces, and no parcels; and learn that there is no such object."""
        arn = f"arn:aws:s3:::{self._name}"
        iam.Grant.add_to_principal(grantee=role, actions=["s3:ListBucket"], resource_arns=[arn])
        self._grant(
            role,
            "s3:GetObject",
            f"{TRACES}/*",
            "Each hour of traces lies in objects of its own, whose names come with the hour.",
        )

    def _grant(self, role: iam.Role, action: str, objects: str, reason: str) -> None:
        arn = f"arn:aws:s3:::{self._name}/{objects}"
        iam.Grant.add_to_principal(grantee=role, actions=[action], resource_arns=[arn])
        readable = arn.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
        readable = readable.replace(Aws.REGION, "<AWS::Region>")
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{readable}]": reason})


def _lifecycle(environment: Environment) -> s3.LifecycleRule:
    cold = s3.Transition(
        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
        transition_after=Duration.days(COLD_AFTER_DAYS),
    )
    return s3.LifecycleRule(
        id="age",
        abort_incomplete_multipart_upload_after=Duration.days(1),
        expiration=Duration.days(environment.archive_days),
        transitions=[cold] if environment.archive_days > COLD_AFTER_DAYS else None,
    )
