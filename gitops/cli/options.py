"""Flags that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

HERE = Path()

Here = Annotated[Path, typer.Option("--path", help="The fleet's directory.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print a diff and write nothing; exit 1 if it would.")
]
