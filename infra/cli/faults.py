"""`cairn faults`: every fault that a model can throw, and what became of the decision."""

from rich.console import Console
from rich.progress import track

from cairn.platform.errors import CairnError
from infra.cli.proving import AsJson, end, proving


def faults(*, as_json: AsJson = False) -> None:
    """Decide under every scripted fault, with one provider and with two."""
    from infra.faults.report import report, table  # noqa: PLC0415  # openai is slow to import
    from infra.faults.run import everything, runs  # noqa: PLC0415  # the same

    total, console = len([*runs()]), Console(stderr=True)
    with proving(CairnError, OSError):
        played = [*track(everything(), "playing", total=total, console=console, transient=True)]
    end(report(played), table(played), as_json=as_json)
