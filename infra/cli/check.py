"""`cairn check`: every gate that a change must pass, in the order of what fails fastest."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Gate:
    """One command that must succeed.

    Attributes:
        name: how it is asked for.
        why: what it holds.
        command: the program and its arguments, run at the root of the repository.
    """

    name: str
    why: str
    command: tuple[str, ...]


GATES: Final = (
    Gate("lock", "uv.lock matches pyproject.toml", ("uv", "lock", "--check")),
    Gate("lint", "ruff, every rule", ("ruff", "check", ".")),
    Gate("format", "ruff's formatter", ("ruff", "format", "--check", ".")),
    Gate("arrows", "who may import whom", ("lint-imports",)),
    Gate("types", "mypy, strict", ("mypy",)),
    Gate("synth", "all environments, with cdk-nag", (sys.executable, "infra/app.py")),
    Gate("templates", "cfn-lint", ("cfn-lint", "cdk.out/**/*.template.json")),
    Gate(
        "tests",
        "pytest, with branch coverage",
        ("pytest", "-q", "-n", "2", "--dist", "loadgroup", "--cov", "--cov-report=term"),
    ),
)


def check(
    gates: Annotated[
        list[str] | None, typer.Argument(help="Only these gates; all of them by default.")
    ] = None,
) -> None:
    """Run every gate: lock, lint, format, arrows, types, synth, templates, tests."""
    console = Console(stderr=True)
    known = {gate.name: gate for gate in GATES}
    unknown = [name for name in gates or () if name not in known]
    if unknown:
        console.print(f"No gate {', '.join(unknown)}; there are: {', '.join(known)}.")
        raise typer.Exit(2)
    failed = [
        gate.name for gate in GATES if gate.name in (gates or known) and not _run(gate, console)
    ]
    if failed:
        console.print(f"[bold red]Failed:[/] {', '.join(failed)}.")
        raise typer.Exit(1)
    console.print("[bold green]Every gate passed.[/]")


def _run(gate: Gate, console: Console) -> bool:
    console.rule(f"{gate.name}: {gate.why}", align="left")
    started = time.monotonic()
    done = subprocess.run(gate.command, cwd=ROOT, check=False)  # noqa: S603  # our own commands
    passed = done.returncode == 0
    word = "[green]passed[/]" if passed else "[red]failed[/]"
    console.print(f"{gate.name} {word} in {time.monotonic() - started:.1f} s")
    return passed
