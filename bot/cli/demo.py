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
    from bot.demo.story import tell

    tell(keep)
