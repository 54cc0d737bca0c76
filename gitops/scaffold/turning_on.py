"""`update --health`: what `new --health` writes, in a fleet that was written without it.

It is the difference between what the fleet's record makes with the new answer and without it, put
on the clusters that there are now, merged into files that people may have edited.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.alert_files import alert_files, by_statuses
from gitops.scaffold.answers.fleet import FleetAnswers, Health
from gitops.scaffold.bot_files import BOT_HOME
from gitops.scaffold.merging import merge
from gitops.scaffold.new import KEPT, laid
from gitops.scaffold.placement import platform_placements, refuse_absent, refuse_names
from gitops.scaffold.reader_files import readers_beside
from gitops.scaffold.record import Record, Unit, digest, record_of
from gitops.scaffold.template import TEMPLATE
from gitops.scaffold.units import Files, answers_of, made_anew
from gitops.tree import Tree

_FLEET = Unit("fleet")


@dataclass(frozen=True, slots=True)
class TurnedOn:
    """The tree, and what a person should know of it."""

    tree: Tree
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Made:
    """A fleet's files by a record: `anew` as `new` writes them, `now` on the clusters there are."""

    record: Record
    anew: Files
    now: Files

    @classmethod
    def by(cls, record: Record, tree: Tree) -> "_Made":
        answers = answers_of(record)
        now = dict(_on_clusters(answers, Fleet.read(tree)))
        return cls(record, made_anew(tree, record), now)

    @property
    def files(self) -> Files:
        """Both."""
        return {**self.anew, **self.now}


def turn_on(tree: Tree, health: Health) -> TurnedOn:
    """A tree in which the bot can know by `health`; the same where the fleet's record says so.

    Edits stay, and so does away what somebody has removed. Nothing is taken away.

    Raises:
        InvalidInput: nothing records how the fleet was made, or older templates did; it knows in
            another way already; a file is in the way, or was edited where this has to change it.
    """
    record = _record(tree)
    if record.answers.get("health") == health.value:
        return TurnedOn(tree)
    wanted = replace(record, answers={**record.answers, "health": health.value})
    before, after = _Made.by(record, tree), _Made.by(wanted, tree)
    _refuse_less(before, after)
    fleet = Fleet.read(tree)
    refuse_absent(fleet)
    merged = {path: data for path, data in _merged(tree, before, after) if data is not None}
    fresh = dict(_fresh(tree, before, after))
    for where in platform_placements(fleet):
        mine = (p for p in fresh if p.startswith(f"{where.path}/"))
        refuse_names(tree, where, {p: p.rpartition("/")[2].removesuffix(".yaml") for p in mine})
    done = laid(tree, fresh).replace(merged)
    known = {p: digest(after.files[p]) for p in (*fresh, *merged) if p in after.anew}
    done = done.replace(
        {_FLEET.path: replace(wanted, files={**record.files, **known}).data()},
    )
    Fleet.read(done)
    return TurnedOn(done, tuple(_notes(tree, done, before, after, merged)))


def _record(tree: Tree) -> Record:
    record = record_of(tree, _FLEET)
    place = Place(_FLEET.path)
    if record is None:
        told = "nothing records how this fleet was made, so nobody knows what it lacks"
        hint = "write the reader's files by hand: docs/health.md says what the bot needs"
        raise InvalidInput(told, hint, place)
    if record.template != TEMPLATE:
        told = f"it was written with templates {record.template}, and here are {TEMPLATE}"
        raise InvalidInput(told, "run `fairlead update` alone first", place)
    return record


def _on_clusters(answers: FleetAnswers, fleet: Fleet) -> Iterator[tuple[str, bytes]]:
    """What tells of each cluster that the fleet has now."""
    if answers.read:
        yield from readers_beside(fleet, pods=answers.health is Health.PODS)
    yield from alert_files(answers, fleet)


def _refuse_less(before: _Made, after: _Made) -> None:
    gone = sorted(before.files.keys() - after.files.keys())
    if gone:
        said = before.record.answers.get("health")
        told = f"the fleet knows what is healthy by {said or 'the bot on its cluster'} already"
        hint = f"nothing is taken away here: remove {gone[0]} and its like, and `health` from here"
        raise InvalidInput(told, hint, Place(_FLEET.path))


def _merged(tree: Tree, before: _Made, after: _Made) -> Iterator[tuple[str, bytes | None]]:
    """Files that are there and change; None for one that people own, or a README they rewrote.

    Raises:
        InvalidInput: one was edited where it has to change.
    """
    for path, new in sorted(after.files.items()):
        old = before.files.get(path, new)
        if old == new or path not in tree or not tree[path].regular:
            continue
        if after.record.owns(path):
            yield path, None
            continue
        done = merge(old, tree.read(path), new, ("yours", "before", "after"))
        if done.conflicts and path not in KEPT:
            told = "was edited where --health has to change it"
            hint = "nothing was written: make it as it was there, and do it again"
            raise InvalidInput(told, hint, Place(path, done.conflicts[0], 1))
        yield path, None if done.conflicts else done.data


def _fresh(tree: Tree, before: _Made, after: _Made) -> Iterator[tuple[str, bytes]]:
    """Files that come: on clusters that are there, and beside a bot that is."""
    bot = f"{BOT_HOME}/base/"
    beside = f"{bot}kustomization.yaml" in tree
    for path, data in after.files.items():
        if path in before.files or path in after.record.files:
            continue
        if path in after.now or (beside and path.startswith(bot)):
            yield path, data


def _notes(
    tree: Tree, done: Tree, before: _Made, after: _Made, merged: dict[str, bytes]
) -> Iterator[str]:
    for path, data in sorted(after.files.items()):
        if before.files.get(path, data) != data and path in tree and path not in merged:
            yield f"{path} is yours, and does not say it: compare it with that of a new fleet"
    if by_statuses(done) and not by_statuses(tree) and tree.below("apps"):
        yield (
            "apps that are there are looked at by Flux as rarely as before: where a soak is "
            "shorter, lower `interval` of their Flux Kustomizations"
        )
