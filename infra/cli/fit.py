"""`cairn fit`: the published numbers of a model, from data, and what they are worth."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cairn.behavior.risk import WEIGHTS
from infra.cli.proving import AsJson, end, proving
from infra.proof import Report

app: Final = typer.Typer(no_args_is_help=True)


@app.callback()
def fit() -> None:
    """Fit a model on real data, judge it on data that it never saw, publish its numbers."""


@app.command()
def risk(
    csv: Annotated[Path, typer.Argument(help="The Online Shoppers file, with semicolons.")],
    *,
    out: Annotated[Path, typer.Option(help="Where the weights are written.")] = WEIGHTS,
    as_json: AsJson = False,
) -> None:
    """Fit the abandonment risk; its weights are written where all targets are met."""
    with proving():
        report = _fitted(csv, out)
    end(report, as_json=as_json)


def _fitted(csv: Path, out: Path) -> Report:
    from infra.fit import proof, weights  # noqa: PLC0415  # only this command needs them
    from infra.fit.risk import fitted  # noqa: PLC0415  # along with the others
    from infra.fit.visits import visits_of  # noqa: PLC0415  # along with the others
    from infra.replay.shoppers import read  # noqa: PLC0415  # along with the others

    visits = visits_of(read(csv))
    model = fitted([visit for visit in visits if not visit.held_out])
    report = proof.report(model, visits)
    if report.ok:
        found = weights.published(model, visits, csv, datetime.now(UTC).date())
        told = "wrote" if weights.write(found, out) else "nothing new for"
        typer.echo(f"{told} {out}", err=True)
    return report
