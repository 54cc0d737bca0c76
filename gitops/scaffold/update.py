"""`update`: what newer templates changed, brought into a fleet that people have edited since.

Each unit is made anew twice, with the templates that it was written with and with the newest. What
differs between the two is what the templates changed, and that alone is merged into the file that
is there. So what people did stays, what the fleet became since does not count, and where nothing
changed nothing is touched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gitops.errors import InvalidInput, Place
from gitops.scaffold.merging import merge
from gitops.scaffold.record import COPIED, Record, Unit, digest, records
from gitops.scaffold.template import Templates, templates_of
from gitops.scaffold.units import Files, homes, made_anew
from gitops.tree import Tree

NEWEST = Templates()

_VERSION = re.compile(r"(?:.*/)?envs/[^/]+/version/.*")
"""Where releases are written: that is the bot's, and nothing of a template."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit.

    `template` is the version that it had, None for a unit without a record. `refused` is why it
    cannot be updated, None where it is. `conflicts` are where a person has to choose. `left` are
    files that the newest templates no longer have; they stay.
    """

    unit: Unit
    template: int | None
    refused: InvalidInput | None = None
    conflicts: tuple[Place, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Updated:
    """The tree with what the templates changed, and what became of each unit."""

    tree: Tree
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    """What a person should know besides."""

    @property
    def conflicts(self) -> tuple[Place, ...]:
        """Where a person has to choose, in all units."""
        return tuple(place for each in self.outcomes for place in each.conflicts)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The units that could not be updated although they have a record, or a damaged one."""
        return tuple(
            each
            for each in self.outcomes
            if each.refused and each.template is not None and each.unit.verb not in COPIED
        )


def update(tree: Tree, newest: Templates = NEWEST) -> Updated:
    """`tree` with the changes between the templates of each unit's record and the newest ones.

    A file that somebody removed stays away, one that a record calls `owned` stays as it is, and no
    file is ever removed. Versions of apps are left alone.
    """
    changed: dict[str, bytes] = {}
    outcomes = []
    known = list(records(tree))
    taken = {path for each in known if isinstance(each, Record) for path in each.files}
    for each in known:
        if isinstance(each, InvalidInput):
            outcomes.append(_unreadable(each))
            continue
        if each.unit.verb in COPIED and each.template < newest.version:
            changed[each.unit.path] = replace(each, template=newest.version).data()
            outcomes.append(Outcome(each.unit, each.template, _copied()))
            continue
        try:
            steps = _steps(tree, each, newest, taken)
        except InvalidInput as error:
            outcomes.append(Outcome(each.unit, each.template, error))
            continue
        changed |= steps.files
        outcomes.append(Outcome(each.unit, each.template, None, steps.conflicts, steps.left))
    return Updated(tree.replace(changed), (*outcomes, *_unrecorded(tree, outcomes, taken)))


@dataclass(frozen=True, slots=True)
class _Steps:
    """What is written for one unit, its record too."""

    files: Files
    conflicts: tuple[Place, ...] = ()
    left: tuple[str, ...] = ()


def _steps(tree: Tree, record: Record, newest: Templates, taken: set[str]) -> _Steps:
    """What a unit needs to be as the newest templates have it.

    Raises:
        InvalidInput: it cannot be made anew, or was made by newer templates than these.
    """
    if record.template > newest.version:
        told = f"it was written with templates {record.template}, and here are {newest.version}"
        raise InvalidInput(told, "install a newer Fairlead", Place(record.unit.path))
    if record.template == newest.version:
        return _Steps({})
    templates = templates_of(record.template)
    old = templates.used(lambda: made_anew(tree, record))
    new = newest.used(lambda: made_anew(tree, record))
    names = ("yours", f"template {record.template}", f"template {newest.version}")
    written: dict[str, bytes] = {}
    conflicts: list[Place] = []
    for path in _concerned(tree, record, new, taken):
        if path not in tree:
            written[path] = new[path]
        elif path in old and old[path] != new[path]:
            mine = tree[path].data
            merged = merge(old[path], mine, new[path], names)
            if merged.conflicts and digest(mine) == record.files.get(path):
                written[path] = new[path]  # nobody edited it: the fleet grew under it
                continue
            conflicts += [Place(path, line, 1) for line in merged.conflicts]
            written[path] = merged.data
    left = tuple(p for p in record.files if p not in new and p in tree)
    done = _advanced(record, newest.version, new, written)
    return _Steps({**written, record.unit.path: done.data()}, tuple(conflicts), left)


def _concerned(tree: Tree, record: Record, new: Files, taken: set[str]) -> Iterator[str]:
    """The files that templates may change, and those that they bring."""
    directories = {_parent(path) for path in record.files}
    for path in sorted(new):
        if record.owns(path) or _VERSION.fullmatch(path):
            continue
        if path in tree:
            if tree[path].regular:
                yield path
        elif path not in taken and not directories.isdisjoint({_parent(path), _above(path)}):
            # A file that was written once and is gone was removed. Nor does an app come to an
            # environment that it has not been in.
            yield path


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> str:
    return _parent(_parent(path))


def _advanced(record: Record, version: int, new: Files, written: Mapping[str, bytes]) -> Record:
    """The record of what is there now; a file that was removed stays in it, as removed."""
    known = record.files.keys() | written.keys()
    fresh = {path: digest(data) for path, data in new.items() if path in known}
    kept = {path: each for path, each in record.files.items() if path in new}
    return replace(record, template=version, files={**kept, **fresh})


def _copied() -> InvalidInput:
    told = "it was copied from what was there; only apps, components and tenants in it are updated"
    return InvalidInput(told, "compare the rest with what it is like")


def _unreadable(error: InvalidInput) -> Outcome:
    path = error.place.path if error.place is not None else ""
    *_, verb, name = path.removesuffix(".yaml").split("/")
    unit = Unit(name) if verb == "scaffold" else Unit(verb, name)
    return Outcome(unit, 0, error)


def _unrecorded(tree: Tree, outcomes: list[Outcome], taken: set[str]) -> Iterator[Outcome]:
    """The units that are there and have no record."""
    known = {each.unit for each in outcomes}
    for unit in homes(tree, taken):
        if unit not in known:
            told = "nothing records how it was made: by hand, by `adopt` or by an older Fairlead"
            hint = "its files stay as they are"
            yield Outcome(unit, None, InvalidInput(told, hint))
