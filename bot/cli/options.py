"""Flags that several verbs share, and the way from them to Settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

Fleet = Annotated[
    str | None,
    typer.Option(help="The fleet repository: a URL or a directory. [env: FAIRLEAD_FLEET]"),
]
Branch = Annotated[str | None, typer.Option(help="Its target branch. [default: main]")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Operator's settings. [env: FAIRLEAD_SETTINGS]")
]
StatusFile = Annotated[Path | None, typer.Option(help="Health of the clusters, as a JSON file.")]
WorkDirectory = Annotated[
    Path | None, typer.Option(help="Where mirrors are kept. [default: .fairlead-work]")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings(
    fleet: str | None,
    branch: str | None,
    file: Path | None,
    status_file: Path | None,
    work_directory: Path | None,
    interval: str | None = None,
) -> "Settings":
    """Settings from flags, environment and file.

    Raises:
        InvalidInput: see `bot.settings.read`.
    """
    import os

    from bot.settings import read

    return read(
        os.environ,  # noqa: TID251 - the command line hands the environment to the settings
        fleet=fleet,
        branch=branch,
        settings=file,
        work_directory=work_directory,
        status_file=status_file,
        interval=interval,
    )


def file_settings(file: Path | None) -> "Settings":
    """Settings from the file alone, for a verb that needs no fleet.

    Raises:
        InvalidInput: see `bot.settings.read_file`.
    """
    import os

    from bot.settings import read_file

    return read_file(os.environ, file)  # noqa: TID251 - as above
