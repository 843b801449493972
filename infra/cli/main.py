"""The `cairn` command. A subcommand's file is imported only when it is asked for."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Final

import typer

COMMANDS: Final = (
    "up",
    "status",
    "logs",
    "invoke",
    "apply",
    "pull",
    "lint",
    "keys",
    "schema",
    "fit",
    "replay",
    "rebuild",
    "backfill",
    "redrive",
    "bench",
    "chaos",
    "trips",
    "faults",
    "model-server",
    "check",
)
"""Each is a file here with a function of its name, or a Typer `app` where it has subcommands.

A hyphen of a command is an underscore in Python.
"""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these subcommands."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        callback=cairn,
    )
    for name in names:
        python = name.replace("-", "_")
        module = import_module(f"infra.cli.{python}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, python))
    return app


def cairn() -> None:
    """Cairn decides, for each visitor, what to show next."""


def main() -> None:
    """The console script."""
    asked = [name for name in sys.argv[1:2] if name in COMMANDS]
    application(asked or COMMANDS)()


if __name__ == "__main__":
    main()
