"""Options that several commands ask for, and how commands complain of a store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from cairn.access.model import WORKSPACE_PATTERN
from cairn.platform.errors import CairnError, Conflict
from infra.cli.complaint import complaining
from infra.local.failure import LocalError
from infra.local.state import running


def _workspace(name: str) -> str:
    if not re.fullmatch(WORKSPACE_PATTERN, name):
        raise typer.BadParameter("a workspace is named by up to 32 of a-z, 0-9 and -")
    return name


Workspace = Annotated[str, typer.Option(callback=_workspace, help="The workspace.")]
Environment = Annotated[
    Literal["local", "dev", "prod"],
    typer.Option(help="The running local stack, or one in AWS with the usual credentials."),
]
Url = Annotated[str, typer.Option(help="Cairn's base URL; the local stack's by default.")]
SecretKey = Annotated[str, typer.Option(help="A secret key; the local stack's by default.")]
Endpoint = Annotated[str | None, typer.Option(help="Another endpoint of DynamoDB.")]


def door(url: str, key: str) -> tuple[str, str]:
    """The given address and key, or those of the running stack."""
    if url and key:
        return url, key
    facts = running()
    if facts.keys is None:
        raise LocalError("The local stack has no keys yet; wait until `cairn up` is ready.")
    return url or facts.base_url, key or facts.keys.secret


@contextmanager
def complaining_of_stores() -> Iterator[None]:
    """Turns what stores and AWS say into one sentence on standard error and exit code 1."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow to import

    with complaining():
        try:
            yield
        except Conflict as error:
            raise LocalError("Somebody else published meanwhile; apply again.") from error
        except CairnError as error:
            raise LocalError(error.detail) from error
        except ClientError as error:
            raise LocalError(f"AWS refuses: {error.response['Error']['Message']}") from error
        except BotoCoreError as error:
            raise LocalError(f"AWS cannot be reached from here: {error}") from error
