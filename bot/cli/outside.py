"""The way from settings to everything outside.

Whoever starts the command may hand a clock to `bot.cli.main`; `fairlead` itself hands none. No
flag, variable or setting leads here.
"""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.administering import Examined
    from bot.asking import Desk
    from bot.ports import Clock, Ports
    from bot.settings import Settings
    from gitops.errors import FairleadError
    from gitops.rendering.model import Builder
    from gitops.tree import Tree


def ports(context: typer.Context, settings: "Settings", person: str | None = None) -> "Ports":
    """Everything outside, on the clock that the command was started with, else the real one.

    `person` is who acts on the embedded forge.

    Raises:
        InvalidInput, Unavailable, Denied: see `bot.wiring.ports`.
    """
    from bot import wiring

    started_with: Clock | None = context.obj
    return wiring.ports(settings, now=started_with or wiring.clock, person=person)


def examined(settings: "Settings", bot: str | None) -> "Examined | None":
    """The forge's settings; see `bot.administering.examine`.

    Raises:
        InvalidInput, Unavailable, Denied: see there.
    """
    from bot import administering

    return administering.examine(settings, bot)


def expect_administrator(found: "Examined") -> None:
    """Go on only where the token may change them.

    Raises:
        Denied: it may not.
    """
    from bot import administering

    administering.expect_administrator(found)


def carry_out(found: "Examined", done: "Callable[[str], None]") -> "FairleadError | None":
    """Make the changes; see `bot.administering.carry_out`."""
    from bot import administering

    return administering.carry_out(found, done)


def desk(context: typer.Context, settings: "Settings", person: str | None) -> "Desk":
    """A person's own ports; on the embedded forge it is said who that is.

    Raises:
        InvalidInput: it is not said there, or it is said elsewhere.
        Unavailable, Denied: see `bot.wiring.ports`.
    """
    from bot import wiring
    from bot.asking import Desk
    from bot.audit import to_stderr
    from gitops.errors import InvalidInput

    found = ports(context, settings, person)
    kind = wiring.fleet_config(settings, found.repository).forge.kind
    if person is None and kind == "local":
        told = "the embedded forge does not know who you are"
        raise InvalidInput(told, "say it: --as PERSON")
    return Desk(found, settings.branch, to_stderr)


def builder() -> "Builder | None":
    """Kustomize, where it is installed."""
    from bot import wiring

    return wiring.builder()


def schemas() -> "Tree | None":
    """Kubernetes' own JSON schemas, where they are installed."""
    from bot import wiring

    return wiring.schemas()


def ignored(directory: "Path") -> frozenset[str] | None:
    """What git ignores below a directory; see `bot.wiring.ignored`."""
    from bot import wiring

    return wiring.ignored(directory)


def revision(directory: "Path", name: str) -> "Tree":
    """The files of a directory as a revision of its repository has them.

    Raises:
        InvalidInput, Unavailable: see `bot.wiring.revision`.
    """
    from bot import wiring

    return wiring.revision(directory, name)
