"""`demo`: the whole story on this machine, without a network."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli import options


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(demo)


def demo(
    keep: Annotated[
        Path | None, typer.Option(help="Leave the demo's world in this (new) directory.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Play a release's way from a merge to prod in a temporary world; no network, no cluster."""
    import os
    import sys

    from bot.cli import report
    from bot.demo.printing import Page, Transcript
    from bot.demo.story import tell

    surroundings = os.environ  # noqa: TID251 - how to print is between the terminal and its user
    live = sys.stdout.isatty() and surroundings.get("TERM") != "dumb"
    coloured = live and not surroundings.get("NO_COLOR")
    page = Transcript(sys.stdout) if json else Page(sys.stdout, coloured=coloured, live=live)
    tell(keep, page, report, _called())


def _called() -> str:
    """How this very command can be called again; another program may have its name too."""
    import shlex
    import shutil
    import sys

    program = Path(sys.argv[0]).resolve()
    if program.name != "fairlead":
        return f"{shlex.quote(sys.executable)} -m bot.cli"
    found = shutil.which("fairlead")
    same = found is not None and Path(found).resolve() == program
    return "fairlead" if same else shlex.quote(str(program))
