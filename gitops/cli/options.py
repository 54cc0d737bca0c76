"""Flags that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

HERE = Path()


def fleet_above(path: Path) -> Path | None:
    """The nearest directory above this one that is a fleet; None where there is none."""
    from gitops.config.read import FLEET_FILE

    above = path.resolve().parents
    return next((each for each in above if (each / FLEET_FILE).is_file()), None)


Here = Annotated[Path, typer.Option("--path", help="The fleet's directory.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print a diff and write nothing; exit 1 if it would.")
]
