"""Findings of cdk-nag that are as they should be, said beside the thing they are about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accepts findings on `scope` and whatever is in it.

    Args:
        scope: Where they may occur.
        reasons: By the finding's id, such as `AwsSolutions-S1`, why it is accepted.
    """
    for finding, reason in reasons.items():
        Validations.of(scope).acknowledge(Acknowledgment(id=finding, reason=reason))
