"""`bump`: every site of an image, a chart or a git source says another version, or none does.

    >>> tree = Tree.of({"kustomization.yaml": "images: [{name: shop/api, newTag: v1.0}]"})
    >>> bump(tree, "shop/api", "v1.1").tree["kustomization.yaml"].data
    b'images: [{name: shop/api, newTag: v1.1}]'

It needs no fleet and no configuration. What it leaves alone it says, with the place.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gitops.bump.aside import Aside, left_aside, near
from gitops.bump.beside import parted
from gitops.bump.making import made
from gitops.bump.naming import Chosen, Name, chosen, no_match
from gitops.bump.places import Move, Verdict, is_distribution, says, verdicts
from gitops.bump.wanted import Wanted, parse
from gitops.errors import InvalidInput, Place
from gitops.sites import ArtifactKind, Skipped, Survey, survey
from gitops.sites.links import is_variable
from gitops.tree import Tree

__all__ = ["Bump", "Move", "bump"]

MOST_TOLD = 5
"""Places that an error lists."""

_WITH_V = re.compile(r"v[0-9]")
_WITHOUT_V = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Bump:
    """What was done: `tree` has the version in every place, or is as it was if any is `refused`.

    All places are sorted. `notes` are sentences that a person should read.
    """

    kind: ArtifactKind
    artifact: str
    tree: Tree
    moved: tuple[Move, ...]
    passed_over: tuple[Skipped, ...]
    refused: tuple[InvalidInput, ...]
    notes: tuple[str, ...]


def bump(
    tree: Tree,
    name: str,
    version: str,
    kind: ArtifactKind | None = None,
    *,
    found: Survey | None = None,
    where: Callable[[Place], str] = str,
) -> Bump:
    """Write a version at every site of an artifact; all or nothing.

    Args:
        tree: any files; only YAML is looked at.
        name: an image repository, a chart, a chart behind its source or a git URL, in any spelling.
        version: `TAG`, `TAG@DIGEST` or `@DIGEST`; of a git source `TAG`, `TAG@COMMIT` or `COMMIT`.
        kind: what the name is the name of; None when only one such thing is there.
        found: the tree's survey, where there is one already.
        where: how a place of the tree is told in a sentence, if not as it is.

    Raises:
        InvalidInput: a name that nothing here has or that several things have; a version that is
            none. What stands in the way of an edit is `refused` instead, all of it.
    """
    meant = Name(name)
    found = survey(tree) if found is None else found
    aside = left_aside(tree, found, meant)
    artifact = chosen([*found.sites, *aside.sites], meant, kind)
    if artifact is None:
        places = [*near(tree, found, meant), *aside.unread, *aside.foreign]
        raise _nowhere(no_match(found.sites, meant, kind), places, where)
    wanted = parse(version, artifact.kind)
    decided = list(_decided(artifact, aside, wanted))
    moves = [each for each in decided if isinstance(each, Move)]
    passed_over = [each for each in decided if isinstance(each, Skipped)]
    refused = [each for each in decided if isinstance(each, InvalidInput)]
    if not moves and not refused:
        told = f"{artifact.artifact} is here, but no version of it that could be moved"
        refused.append(InvalidInput(told))
    moved = sorted((move for move in moves if move.changes), key=lambda move: _at(move.site.place))
    edited, failed = made(tree, moved, wanted)
    refused += [*failed, *parted(tree, moved, artifact.sites)]
    if refused:
        edited, moved = tree, []
    return Bump(
        kind=artifact.kind,
        artifact=artifact.artifact,
        tree=edited,
        moved=tuple(moved),
        passed_over=tuple(sorted(passed_over, key=lambda skipped: _at(skipped.place))),
        refused=tuple(sorted(refused, key=lambda error: _at(error.place))),
        notes=tuple(_notes(moved, wanted, where)),
    )


def _at(place: Place | None) -> tuple[str, int, int]:
    return (place.path, place.line or 0, place.column or 0) if place else ("", 0, 0)


def _decided(artifact: Chosen, aside: Aside, wanted: Wanted) -> Iterator[Verdict]:
    unfilled = aside.unfilled
    # Most trees have none, and a site is dear to look for.
    filled = [s for s in artifact.sites if s not in unfilled] if unfilled else artifact.sites
    yield from verdicts(filled, wanted)
    # A variable whose value moves brings the version to its place by itself.
    moved = {f"${{{site.address[-1]}}}" for site in artifact.sites if is_variable(site)}
    for site in artifact.sites if unfilled else ():
        if site in unfilled and not any(variable in site.value for variable in moved):
            yield Skipped(site.place, site.refusal or "holds a variable")
    yield from artifact.unclear
    yield from aside.foreign
    for skipped in aside.unread:
        hint = "nobody knows what is in it: give a directory or a file without it"
        yield InvalidInput(skipped.reason, hint, skipped.place)


def _nowhere(
    error: InvalidInput, places: Sequence[Skipped], where: Callable[[Place], str]
) -> InvalidInput:
    """The error, with the places where a version could have stood."""
    told = [f"{where(each.place)} {each.reason}" for each in places[:MOST_TOLD]]
    more = [f"and {len(places) - MOST_TOLD} more"] if len(places) > MOST_TOLD else []
    return InvalidInput(error.message, "; ".join(told + more) or error.hint)


def _notes(moved: Sequence[Move], wanted: Wanted, where: Callable[[Place], str]) -> Iterator[str]:
    """What may be a slip, and where less is written than was asked for."""
    tag = wanted.tag or ""
    tags = [says(move.site)[0] for move in moved if not is_distribution(move.site)]
    old = [each for each in tags if each]
    if old and _WITHOUT_V.match(tag) and all(map(_WITH_V.match, old)):
        yield f"{tag} has no v, and every version that it replaces has one"
    if old and _WITH_V.match(tag) and all(map(_WITHOUT_V.match, old)):
        yield f"{tag} begins with a v, and no version that it replaces does"
    bare = [move.site for move in moved if move.bare]
    if bare:
        more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
        told = f"{where(bare[0].place)}{more}"
        what = "commit" if bare[0].kind is ArtifactKind.GIT else "digest"
        yield f"no place for the {what}, so that the tag is written alone: {told}"
