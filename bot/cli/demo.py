"""`demo`: the whole story on this machine, without a network."""

from pathlib import Path
from typing import Annotated

import typer


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(demo)


def demo(
    keep: Annotated[
        Path | None, typer.Option(help="Leave the demo's world in this (new) directory.")
    ] = None,
) -> None:
    """Play a release's way from a merge to prod in a temporary world; no network, no cluster."""
    import os
    import shutil
    import sys

    from bot.cli import report
    from bot.demo.printing import Page
    from bot.demo.story import tell

    surroundings = os.environ  # noqa: TID251 - how to print is between the terminal and its user
    live = sys.stdout.isatty() and surroundings.get("TERM") != "dumb"
    page = Page(sys.stdout, coloured=live and not surroundings.get("NO_COLOR"), live=live)
    fairlead = "fairlead" if shutil.which("fairlead") else f"{sys.executable} -m bot.cli"
    tell(keep, page, report, fairlead)
