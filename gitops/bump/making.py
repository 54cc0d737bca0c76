"""The moves made: in every file, or in none and why."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from gitops import version
from gitops.bump.places import Move
from gitops.bump.wanted import Wanted
from gitops.edit import Replacement, replace
from gitops.errors import EditRefused, InvalidInput
from gitops.sites import survey
from gitops.sites.links import is_variable
from gitops.tree import Tree


def made(tree: Tree, moves: Sequence[Move], wanted: Wanted) -> tuple[Tree, list[InvalidInput]]:
    """The tree with every move made, which are sorted by path; and every move that cannot be."""
    changed: dict[str, bytes] = {}
    refused: list[InvalidInput] = []
    for path, group in groupby(moves, lambda move: move.site.path):
        of_file = list(group)
        data = tree[path].data
        try:
            changed[path] = replace(path, data, [_replacement(move) for move in of_file])
        except InvalidInput as error:
            refused += list(_refusals(path, data, of_file)) or [error]
    edited = tree.replace(changed) if changed else tree
    return edited, refused or list(_lost(edited, moves, wanted))


def _replacement(move: Move) -> Replacement:
    return Replacement(move.site.document, move.site.address, move.new)


def _refusals(path: str, data: bytes, moves: Sequence[Move]) -> Iterator[InvalidInput]:
    """Each move of a file that cannot be made; an edit stops at its first."""
    for move in moves:
        try:
            replace(path, data, [_replacement(move)])
        except InvalidInput as error:
            hint = error.hint or "write it by hand, in quotes"
            yield EditRefused(error.message, hint, error.place or move.site.place)


def _lost(edited: Tree, moves: Sequence[Move], wanted: Wanted) -> Iterator[InvalidInput]:
    """The moves after which nobody could tell that a version stands there.

    A revision `nightly` is a branch to whoever reads it; a version never has that trouble.
    """
    if wanted.tag is None or version.parse(wanted.tag) is not None:
        return
    again = survey(Tree({move.site.path: edited[move.site.path] for move in moves}))
    there = {(site.path, site.document, site.address) for site in again.sites}
    for site in (move.site for move in moves):
        # Whether a variable is a version, other files say.
        if not is_variable(site) and (site.path, site.document, site.address) not in there:
            message = f"{wanted.tag} would not be read as a version here"
            yield EditRefused(message, "write it by hand if it is a tag", site.place)
