"""`cairn invoke`: calls one function with an event from a file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.complaint import complaining
from infra.cli.logs import named
from infra.local.failure import LocalError
from infra.local.state import running


def invoke(
    function: Annotated[str, typer.Argument(help="The function, such as decide-next-step.")],
    event: Annotated[Path, typer.Argument(help="The event, such as events/flag-eval/one.json.")],
) -> None:
    """Call a function of the running stack with an event, and print its answer.

    `{{secret_key}}` and `{{publishable_key}}` in the event stand for the local keys.
    """
    with complaining():
        facts = running()
        name = named(facts, function)[0]
        payload = filled(_read(event), facts.keys.model_dump() if facts.keys else {})
    from infra.local.cloud import session  # noqa: PLC0415  # boto3 is slow to import

    client = session().client("lambda", endpoint_url=facts.endpoint)
    answer = client.invoke(FunctionName=name, Qualifier="live", Payload=payload.encode())
    typer.echo(_pretty(answer["Payload"].read().decode()))
    if "FunctionError" in answer:
        raise typer.Exit(1)


def filled(event: str, keys: dict[str, str]) -> str:
    """The event with the local keys in place of `{{secret_key}}` and `{{publishable_key}}`."""
    for kind, key in keys.items():
        event = event.replace("{{" + kind + "_key}}", key)
    return event


def _read(event: Path) -> str:
    try:
        text = event.read_text()
        json.loads(text)
    except OSError as error:
        raise LocalError(f"{event} cannot be read: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise LocalError(f"{event} is not JSON: {error}.") from error
    return text


def _pretty(answer: str) -> str:
    """Indented JSON, with a JSON body opened too."""
    parsed = json.loads(answer)
    if isinstance(parsed, dict) and isinstance(parsed.get("body"), str):
        try:
            parsed["body"] = json.loads(parsed["body"])
        except json.JSONDecodeError:
            return json.dumps(parsed, indent=2)
    return json.dumps(parsed, indent=2)
