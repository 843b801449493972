"""`cairn up`: the whole of Cairn on this machine until Ctrl-C."""

import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Never

import typer
from rich.console import Console
from rich.panel import Panel

from infra.cli.complaint import complaining
from infra.cli.logs import POLL_S, LogWatch, show
from infra.local.failure import LocalError
from infra.local.places import STATE
from infra.local.state import Running, refuse_second

if TYPE_CHECKING:
    from infra.local.stack import LocalStack

PORT = 8700
CACHE_GONE = "The Valkey server stopped; decisions go on without a cache, and say so."


type Port = Annotated[int, typer.Option(min=0, max=65_535, help="The port of the API.")]
type Model = Annotated[
    str | None,
    typer.Option(help="`scripted`, or `scripted:SCENARIO`: a model server that plays it."),
]


def up(*, port: Port = PORT, model: Model = None) -> None:
    """Run everything on this machine until Ctrl-C: emulator, cache, the real template, logs."""
    from infra.cli.seed import seed  # noqa: PLC0415  # boto3 is slow to import
    from infra.local.stack import local_stack  # noqa: PLC0415  # the same

    scenario = scenario_of(model) if model else None
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell ignores it
    console = Console(stderr=True)

    def say(step: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {step}", highlight=False)

    with complaining():
        refuse_second()
        with local_stack(port=port, scenario=scenario, say=say) as stack:
            say("Publishing the example configuration")
            facts = seed(stack.facts, now=datetime.now(UTC))
            facts.write()
            watch = LogWatch(facts, facts.functions, since=datetime.now(UTC))
            try:
                say("Asking for a first decision")
                _welcome(facts, started)
                _follow(stack, watch)
            except KeyboardInterrupt:
                say("Stopping everything")
            except LocalError:
                _show_last(watch)
                raise
            finally:
                STATE.unlink(missing_ok=True)


def scenario_of(model: str) -> str:
    """The scenario that `--model` names.

    Raises:
        typer.BadParameter: it names none.
    """
    from infra.model_server.scenario import SCENARIOS  # noqa: PLC0415  # only with a model

    kind, _, named = model.partition(":")
    scenario = named or "good"
    if kind != "scripted" or scenario not in SCENARIOS:
        raise typer.BadParameter(
            "Give `scripted` or `scripted:SCENARIO`; `cairn model-server --scenario list` has them."
        )
    return scenario


def _leave(_number: int, _frame: FrameType | None) -> Never:
    sys.exit(128 + signal.SIGTERM)


def _welcome(facts: Running, started: float) -> None:
    from infra.cli.first_decision import first_decision  # noqa: PLC0415  # httpx is slow to import

    example = first_decision(facts)
    elapsed_s = time.monotonic() - started
    console = Console(soft_wrap=True)
    console.print(f"\n[bold]{example.curl}[/]\n", highlight=False)
    console.print(example.digest, markup=False)
    console.print(Panel(_pointers(facts, elapsed_s), title="Cairn is up", expand=False))


def _pointers(facts: Running, elapsed_s: float) -> str:
    secret = facts.keys.secret if facts.keys else ""
    publishable = facts.keys.publishable if facts.keys else ""
    return "\n".join(
        [
            f"base URL         {facts.base_url}",
            f"secret key       {secret}",
            f"publishable key  {publishable}",
            f"first decision   after {elapsed_s:.1f} s",
            *([f"scripted model   {facts.model_url}/v1"] if facts.model_url else []),
            "",
            f"API description  {facts.base_url}/openapi.json",
            f"health           {facts.base_url}/health",
            "what runs        uv run cairn status",
            "logs             uv run cairn logs decide-next-step",
            "call a function  uv run cairn invoke FUNCTION events/FUNCTION/CASE.json",
            "configuration    uv run cairn apply infra/examples/onboarding",
            "end              Ctrl-C",
        ]
    )


def _follow(stack: "LocalStack", watch: LogWatch) -> None:
    had_cache = True
    while True:
        stack.check()
        if had_cache and not stack.has_cache:
            had_cache = False
            Console(stderr=True).print(CACHE_GONE, style="yellow")
        try:
            show(watch.look())
        except LocalError:
            time.sleep(POLL_S)
            stack.check()  # who died says it better
            raise
        time.sleep(POLL_S)


def _show_last(watch: LogWatch) -> None:
    """What the functions said before it went wrong, if they can still be asked."""
    with suppress(LocalError):
        show(watch.look())
