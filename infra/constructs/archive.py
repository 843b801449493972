"""The archive: each parcel as it came, from which every number can be computed; and old traces."""

from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import Environment
from infra.constructs.acknowledge import acknowledge
from infra.grants import PREFIXES, Actions
from infra.stores import ARCHIVE_BUCKET, Place

COLD_AFTER_DAYS = 90
REPLACED_DAYS = 30
"""How long an object can be had back that was written over or deleted."""

READING: Final = "s3:GetObject"


class Archive(Construct):
    """The bucket of parcels and archived traces.

    Attributes:
        bucket: The bucket.
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment) -> None:
        super().__init__(scope, name)
        # Bucket names are shared by the whole world, so ours carries its account.
        self._name = f"{environment.named(ARCHIVE_BUCKET)}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=self._name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[_lifecycle(environment)],
            removal_policy=RemovalPolicy.RETAIN if environment.protected else RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.bucket,
            {
                "AwsSolutions-S1": "Two functions write here and nobody reads over the web; "
                "data events of CloudTrail tell who touched what, a second bucket would not add."
            },
        )

    def grant(self, place: Place, actions: Actions, role: iam.Role) -> None:
        """Lets `role` do `actions` with what lies in `place`, and touch nothing beside it.

        Nobody may delete, and what is written over stays to be had for `REPLACED_DAYS`. Who reads
        may also learn that there is no such object, which S3 tells only to who may list all.
        """
        arn = f"arn:{Aws.PARTITION}:s3:::{self._name}"
        if READING in actions:
            iam.Grant.add_to_principal(grantee=role, actions=["s3:ListBucket"], resource_arns=[arn])
        objects = f"{arn}/{PREFIXES[place]}/*"
        iam.Grant.add_to_principal(grantee=role, actions=sorted(actions), resource_arns=[objects])
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM5[Resource::{_readable(objects)}]": "Objects are named by when "
                "they came, and by ids that are not known before."
            },
        )


def _readable(arn: str) -> str:
    """As cdk-nag writes it."""
    for token, name in (
        (Aws.PARTITION, "Partition"),
        (Aws.ACCOUNT_ID, "AccountId"),
        (Aws.REGION, "Region"),
    ):
        arn = arn.replace(token, f"<AWS::{name}>")
    return arn


def _lifecycle(environment: Environment) -> s3.LifecycleRule:
    cold = s3.Transition(
        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
        transition_after=Duration.days(COLD_AFTER_DAYS),
    )
    return s3.LifecycleRule(
        id="age",
        abort_incomplete_multipart_upload_after=Duration.days(1),
        expiration=Duration.days(environment.archive_days),
        noncurrent_version_expiration=Duration.days(REPLACED_DAYS),
        transitions=[cold] if environment.archive_days > COLD_AFTER_DAYS else None,
    )
