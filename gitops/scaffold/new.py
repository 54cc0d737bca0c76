"""`new`: a fleet repository from nothing."""

from collections.abc import Iterator

from gitops.config import read
from gitops.config.json_schema import STORED, json_schema_text
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.alert_files import alert_files
from gitops.scaffold.answers import FleetAnswers
from gitops.scaffold.bot_files import bot_files
from gitops.scaffold.capabilities import with_declared
from gitops.scaffold.catalog import catalog
from gitops.scaffold.cluster import cluster_files
from gitops.scaffold.fleet_file import FLEET_FILE, fleet_file
from gitops.scaffold.forge_files import forge_files
from gitops.scaffold.local_cluster import local_files
from gitops.scaffold.placement import platform_placements
from gitops.scaffold.reader_files import reader_files
from gitops.scaffold.readme import readme
from gitops.scaffold.tooling import tooling_files
from gitops.tree import File, Mode, Tree

KEPT = ("README.md", *STORED.values())
"""Files that may be there before and say something else.

A forge that makes a repository puts a README into it; another version has other schemas.
"""


def new_fleet(tree: Tree, answers: FleetAnswers) -> Tree:
    """`tree` with a fleet in it; the same tree when that fleet is there already.

    Raises:
        InvalidInput: an answer is wrong, or a file is in the way and says something else.
    """
    written = _written(answers)
    there = tree.get(FLEET_FILE)
    if there is not None and there.data != written[FLEET_FILE]:
        _check_whole(tree)
        hint = "go on with `fairlead add app`, or name an empty directory"
        raise InvalidInput("another fleet is here already", hint, Place(FLEET_FILE))
    return laid(tree, written)


def _written(answers: FleetAnswers) -> dict[str, bytes]:
    """Every file of a new fleet.

    Raises:
        InvalidInput: they would be no fleet.
    """
    written = dict(_files(answers))
    try:
        fleet = Fleet.read(Tree.of(written))
    except InvalidInput as error:
        # Its place is in a file that nobody will find.
        raise InvalidInput(f"{error.message}; nothing was written", error.hint) from error
    declaring = fleet.tree
    for where in platform_placements(fleet) if answers.capabilities else ():
        declaring = with_declared(declaring, catalog(), where, answers.capabilities)
    written |= {path: declaring.read(path) for path in written}
    written |= forge_files(answers, fleet.config.fleet)
    written |= bot_files(answers, fleet)
    written |= reader_files(answers, fleet)
    written |= alert_files(answers, fleet)
    return {"README.md": readme(answers, written), **written}


def _check_whole(tree: Tree) -> None:
    """Refuse a `fleet.yaml` that is no fleet's, for example since somebody stopped half-way.

    Raises:
        InvalidInput: it is not; with the place of what is wrong.
    """
    try:
        read(tree)
    except InvalidInput as error:
        told = f"a fleet is here already, and it cannot be read: {error.message}"
        hint = f"{error.hint or 'mend it'}; or remove the file to begin anew"
        raise InvalidInput(told, hint, error.place or Place(FLEET_FILE)) from error


def laid(tree: Tree, written: dict[str, bytes]) -> Tree:
    """`tree` with these files, none of which may be there with other bytes.

    Raises:
        InvalidInput: one of them is.
    """
    for path, data in written.items():
        above = next((p for p in _parents(path) if p in tree), None)
        if above is not None:
            raise InvalidInput("is a file where a directory is needed", place=Place(above))
        there = tree.get(path)
        if there is None or path in KEPT:
            continue
        if there.mode not in {Mode.FILE, Mode.EXECUTABLE} or there.data != data:
            told = "is there already and says something else"
            raise InvalidInput(told, "nothing was written: edit it by hand", Place(path))
    missing = {path: File(data) for path, data in written.items() if path not in tree}
    return tree.joined(missing)


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _files(answers: FleetAnswers) -> Iterator[tuple[str, bytes]]:
    yield FLEET_FILE, fleet_file(answers)
    for name in STORED:
        yield STORED[name], json_schema_text(name).encode()
    yield from cluster_files(answers)
    yield from tooling_files(answers)
    yield from local_files(answers)
