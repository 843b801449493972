"""Clients of the emulated cloud."""

from typing import Final

import boto3
import botocore.session
from botocore.config import Config

ACCOUNT: Final = "000000000000"
REGION: Final = "eu-central-1"
"""The emulator's; the template doesn't depend on it."""

AT_ONCE: Final = Config(retries={"total_max_attempts": 1})
"""For callers who would rather know that the emulator is gone."""


def session() -> boto3.Session:
    """A session for the emulated account; pass the endpoint to each client it makes."""
    core = botocore.session.Session()
    core.set_default_client_config(Config(proxies={}))  # a proxy does not know our loopback
    return boto3.Session(
        aws_access_key_id=ACCOUNT,  # the emulator takes twelve digits for the account
        aws_secret_access_key="local",  # noqa: S106  # it checks no signatures
        region_name=REGION,
        botocore_session=core,
    )
