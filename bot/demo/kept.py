"""What `fairlead demo --keep` leaves: a world to look at, and the commands that still work there.

The registry lived in the demo's process and the simulated clock stopped with it. So settings that
name the registry would only lead to a closed port; whatever needs it says so and exits with 4.
"""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.demo.world import DEMO_KEY, World
from gitops.errors import InvalidInput

SETTINGS = "settings.toml"
KEY = "state-key"


@contextmanager
def place(keep: Path | None) -> Iterator[Path]:
    """A directory for the world, not there yet: a temporary one, or one to be left on success.

    Raises:
        InvalidInput: `keep` is there and not empty, or is no directory.
    """
    if keep is None:
        with TemporaryDirectory(prefix="fairlead-demo-") as temporary:
            yield Path(temporary).resolve() / "world"
        return
    world = keep.resolve()
    made = next((p for p in reversed((world, *world.parents)) if not p.exists()), world)
    if world.exists():
        _remove_empty(world, keep)
    try:
        yield world
    except BaseException:  # an interrupt too leaves nothing behind
        shutil.rmtree(made, ignore_errors=True)
        raise


def _remove_empty(world: Path, shown: Path) -> None:
    try:
        world.rmdir()
    except OSError as error:
        told = f"{shown} is no empty directory"
        raise InvalidInput(told, "name one that does not exist yet; the demo makes it") from error


def write_settings(world: World) -> None:
    """The operator's settings and the state key, as files of the kept world."""
    settings = world.settings
    lines = [
        f'fleet = "{settings.fleet}"',
        f"work_directory = {_toml(settings.work_directory)}",
        f"status_file = {_toml(world.status_file)}",
    ]
    for origin in settings.origins:
        lines += ["", "[[origins]]", f'url = "{origin.url}"', "private = true"]
    (world.directory / SETTINGS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (world.directory / KEY).write_text(DEMO_KEY + "\n", encoding="utf-8")


def _toml(path: Path) -> str:
    """A path as a basic string: TOML's escapes of quotes and backslashes are JSON's."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def commands(directory: Path, fairlead: str, number: int) -> tuple[tuple[str, str], ...]:
    """Command lines that work in a kept world, each with what it shows.

    Args:
        directory: the kept world.
        fairlead: how the command is called on this machine.
        number: a merge request to look at.
    """

    def quoted(name: str) -> str:
        return shlex.quote(str(directory / name))

    settings = f"--settings {quoted(SETTINGS)}"
    return (
        (f"{fairlead} forge list {settings}", "the merge requests"),
        (f"{fairlead} forge show {number} {settings}", "one of them, whole"),
        (f"git --git-dir={quoted('fleet.git')} log --graph main", "the fleet's history"),
        (f"git clone {quoted('fleet.git')} {quoted('checkout')}", "its files"),
        (f"{fairlead} show --path {quoted('checkout')}", "the versions in them"),
        (f"export FAIRLEAD_STATE_KEY_FILE={quoted(KEY)}", "for what follows"),
        (f"{fairlead} state show {settings}", "what was proven, where and when"),
        (f"{fairlead} status {settings}", "what runs where"),
        (f"{fairlead} why payments prod {settings}", "each gate's answer"),
    )
