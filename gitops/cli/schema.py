"""`schema`: what `fleet.yaml`, `app.yaml` and stops may say, for editors."""

import sys
from typing import Annotated

import typer

from gitops.cli import options


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(schema)


def schema(
    file: Annotated[
        str,
        typer.Argument(metavar="fleet|app|hold|freeze", help="fleet.yaml, app.yaml, or a stop."),
    ],
    json: options.Json = False,  # noqa: ARG001 - every verb takes it, and this one says nothing else
) -> None:
    """Print the JSON Schema of a file, which editors complete and mark it by."""
    from gitops.config.json_schema import json_schema_text, schema_name

    sys.stdout.write(json_schema_text(schema_name(file)))
