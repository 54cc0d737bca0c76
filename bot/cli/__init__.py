"""The command `fairlead`: the verbs that talk to the world, and those of `gitops.cli`.

Nothing but typer is imported at module level of a command line module: `fairlead --help` stays
quick. Results go to stdout, talk to stderr.
"""

import sys
import traceback
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from bot.cli import (
    compare,
    demo,
    doctor,
    forge,
    operators,
    outside,
    render,
    state,
    tags,
    verify,
    world,
)
from gitops import cli as checkout
from gitops.cli.tools import Tools

if TYPE_CHECKING:
    from bot.ports import Clock

app = typer.Typer(
    name="fairlead",
    help="Scaffolds a Flux fleet repository and moves releases through it by merge request.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
checkout.add_verbs(app, Tools(outside.builder, outside.schemas, outside.ignored))
render.add_verbs(app)
compare.add_verbs(app)
verify.add_verbs(app)
world.add_verbs(app)
operators.add_verbs(app)
tags.add_verbs(app)
demo.add_verbs(app)
doctor.add_verbs(app)
app.add_typer(forge.app, name="forge")
app.add_typer(state.app, name="state")
state.add_verbs(app)


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(installed("fairlead-gitops"))
        raise typer.Exit


def asked(words: Sequence[str]) -> typer.Typer:
    """The command with no verb but the first word, where that is one; else with all.

    Typer would prepare all forty, which takes longer than it takes to import it.
    """
    word = words[0] if words else ""
    one = copy(app)
    one.registered_groups = [each for each in app.registered_groups if each.name == word]
    one.registered_commands = [each for each in app.registered_commands if _name(each) == word]
    return one if one.registered_groups or one.registered_commands else app


def _name(command: CommandInfo) -> str | None:
    if command.name or command.callback is None:
        return command.name
    return get_command_name(command.callback.__name__)


def main(clock: "Clock | None" = None) -> None:
    """Run the command; the exit codes are those of `gitops.errors`.

    Typer itself ends an interrupt with 130, and a closed pipe with 1.

    Args:
        clock: what a test entry point starts the command with. `fairlead` calls this without one:
            then it is the real clock.
    """
    import gc

    from bot.cli.streams import Unwritable, prepared, told
    from bot.neutral import whole
    from gitops.cli.options import fleet_above
    from gitops.errors import FairleadError, NoFleet

    # What a verb imports and reads stays until it ends. Looking through that for garbage after
    # each 700 objects takes a tenth of the time of a short one. `run` looks before it waits.
    gc.set_threshold(100_000, 20, 20)
    try:
        with prepared():
            asked(sys.argv[1:])(obj=clock)
    except Unwritable as error:
        told(error)
        sys.exit(4)
    except KeyboardInterrupt:  # it came before Typer listens, or after
        sys.exit(130)
    except FairleadError as error:
        around = fleet_above(Path()) if isinstance(error, NoFleet) else None
        if around is not None:
            error.hint = f"this directory lies in the fleet {around}: run it there"
        print(f"fairlead: {whole(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - the last line of defence: a bug has its own exit code
        traceback.print_exc()
        print("fairlead: this is a bug; please report it with the lines above", file=sys.stderr)
        sys.exit(3)
