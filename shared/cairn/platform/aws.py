"""How clients of AWS services are made: once per process, with bounded patience."""

from enum import Enum

import boto3
from botocore.config import Config


class Patience(Enum):
    """How long a client waits for a service before it gives up."""

    REQUEST = Config(
        connect_timeout=0.5,
        read_timeout=1.0,
        retries={"mode": "standard", "total_max_attempts": 2},
        parameter_validation=False,
    )
    """A visitor is waiting; a request's own deadline is shorter still and is held by its caller."""

    BACKGROUND = Config(
        connect_timeout=2.0,
        read_timeout=10.0,
        retries={"mode": "standard", "total_max_attempts": 4},
        parameter_validation=False,
    )
    """A queue or a schedule is waiting."""


SESSION = boto3.session.Session()
"""One session for all clients of a process, so that credentials and loaders are shared."""
