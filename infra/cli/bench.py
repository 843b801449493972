"""`cairn bench`: what the product costs, measured, beside its targets."""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.cli.asked import SecretKey, Url, door
from infra.cli.complaint import complaining
from infra.cli.proving import AsJson, end, proving, under_way
from infra.proof import Report, plain

app: Final = typer.Typer(no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure what the product costs, and compare it with its targets."""


@app.command()
def imports(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="Starts per function.")] = 9,
    as_json: AsJson = False,
) -> None:
    """How long every function takes to start, beside the least that one could be."""
    from infra.bench.imports import (  # noqa: PLC0415  # only this command needs the settings
        fresh,
        measure,
        report,
        subjects,
    )

    measured = measure(rounds, fresh, subjects())
    shown = track(measured, "starting", total=rounds, console=Console(stderr=True), transient=True)
    with proving():
        found = report(list(shown))
    end(found, _starts(found), as_json=as_json)


@app.command()
def cascade(
    *,
    rounds: Annotated[int, typer.Option(min=10, help="Decisions per tier, and model calls.")] = 200,
    as_json: AsJson = False,
) -> None:
    """What a decision costs by tier, a model call beside the bare SDK, and what a cache saves."""
    from infra.bench.cascade.run import measured  # noqa: PLC0415  # openai is slow to import

    with proving():
        found = measured(rounds, under_way)
    end(found, as_json=as_json)


@app.command()
def tracing(
    *,
    rounds: Annotated[int, typer.Option(min=10, help="Decisions in each mode.")] = 300,
    as_json: AsJson = False,
) -> None:
    """What it costs to record the spans of a decision, and to write them."""
    from infra.bench.tracing.report import measured  # noqa: PLC0415  # imports the decisions

    with proving():
        found = measured(rounds)
    end(found, as_json=as_json)


@app.command()
def fold(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often the events are folded.")] = 5,
    as_json: AsJson = False,
) -> None:
    """What counting costs: events per CPU-second, table writes, and how both grow."""
    from infra.bench.fold.report import measured  # noqa: PLC0415  # only this command needs it

    end(measured(rounds, under_way), as_json=as_json)


@app.command()
def metrics(
    *,
    events: Annotated[int, typer.Option(min=1_000, help="How many events are folded.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Answers per question.")] = 10,
    as_json: AsJson = False,
) -> None:
    """What an answer of the read API reads and costs, after many events."""
    from infra.bench.metrics.answers import measured  # noqa: PLC0415  # imports the console
    from infra.bench.metrics.report import report  # noqa: PLC0415  # the same

    with proving():
        found = report(measured(events, rounds, under_way))
    end(found, as_json=as_json)


@app.command()
def flags(
    *,
    rounds: Annotated[int, typer.Option(min=2, help="How often each side is measured.")] = 40,
    as_json: AsJson = False,
) -> None:
    """What evaluating a flag costs, beside GrowthBook's SDK and flagd's core."""
    from infra.bench.flags.report import measured  # noqa: PLC0415  # imports the peers

    with proving():
        found = measured(rounds)
    end(found, as_json=as_json)


@app.command()
def answers(
    *,
    url: Url = "",
    key: SecretKey = "",
    rounds: Annotated[int, typer.Option(min=2, help="Answers per route.")] = 50,
    as_json: AsJson = False,
) -> None:
    """How long answers of the read API take on a running stack, one of 2,000 spans among them."""
    from infra.bench.answers import opened, report  # noqa: PLC0415  # httpx is slow to import

    with complaining():
        url, key = door(url, key)
    with proving(), opened(url, key) as stack:
        found = report(stack.metrics(rounds), stack.waterfalls(rounds))
    end(found, as_json=as_json)


@app.command()
def traces(
    *,
    rounds: Annotated[int, typer.Option(min=2, help="How often everything is run.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What a trace of 2,000 spans costs to take in, to read and to show, and its queries."""
    from infra.bench.traces import measure, report  # noqa: PLC0415  # pydantic's views

    end(report(measure(rounds)), as_json=as_json)


@app.command()
def stats(
    *,
    experiments: Annotated[
        int, typer.Option(min=100, help="Simulated experiments per kind.")
    ] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Whether statistics of experiments keep what they promise, and agree with gbstats."""
    from infra.bench.stats.report import (  # noqa: PLC0415  # scipy is slow to import
        PEER_CASES,
        measured,
        report,
    )

    end(report(measured(experiments, PEER_CASES, under_way)), as_json=as_json)


def _starts(found: Report) -> Table:
    table = Table("function", "median ms", "least", "most", title="start in a fresh process")
    starts = found.details["start_ms"]
    for name, times in starts.items() if isinstance(starts, dict) else ():
        table.add_row(name, *(plain(times[each]) for each in ("median", "least", "most")))
    return table
