"""Records below `.fairlead/scaffold/`: what was answered, and which files were written for it.

`update` makes the same files anew from it. Each unit (the fleet, an app, a component, ...) has a
record of its own, so that two people who add two apps never change the same file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeGuard

import yaml

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.scaffold.template import TEMPLATE
from gitops.tree import Tree

DIRECTORY = ".fairlead/scaffold"

_OWN = (f"{DIRECTORY}/", ".fairlead/schemas/")
"""What lies here says how a fleet is kept; no template is behind it."""

Answer = str | int | bool | Sequence[str]
Answers = Mapping[str, Answer]
"""By the flag's name without its dashes; what was not given is absent."""

VERBS = ("fleet", "app", "component", "tenant", "environment", "cluster")
"""What units there are; `fleet` is written by `new`, the others by `add`."""

COPIED = frozenset({"environment", "cluster"})
"""Those that are made of what was there, and of no template."""

_API = "fairlead.dev/v1alpha1"
_KIND = "Scaffold"
_HASH = re.compile(r"[0-9a-f]{64}")
_HEAD = b"# For `fairlead update`. Files that it shall leave alone can be listed under `owned:`.\n"


@dataclass(frozen=True, slots=True)
class Unit:
    """What one command wrote. A fleet's name is "": there is only one."""

    verb: str
    name: str = ""

    @property
    def path(self) -> str:
        """Where its record is."""
        return f"{DIRECTORY}/{self.verb}{f'/{self.name}' if self.name else ''}.yaml"

    def __str__(self) -> str:
        return f"{self.verb} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Record:
    """What a unit was made of.

    `template` is the version of the templates, from 1. `files` are paths with the SHA-256 of what
    was written there, in hex. `owned` are files, and directories with a slash at their end, that a
    person took over.
    """

    unit: Unit
    template: int
    answers: Answers
    files: Mapping[str, str]
    owned: Sequence[str] = field(default=())

    def data(self) -> bytes:
        """The bytes of its file, in one form."""
        facts: dict[str, object] = {
            "apiVersion": _API,
            "kind": _KIND,
            "template": self.template,
            "answers": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in sorted(self.answers.items())
            },
            "files": dict(sorted(self.files.items())),
        }
        if self.owned:
            facts["owned"] = sorted(self.owned)
        # Long lines and not the dumper's folds: a path stands on one line, and can be found.
        text = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=2**20)
        return _HEAD + text.encode()

    def owns(self, path: str) -> bool:
        """Whether somebody took a file over."""
        return any(
            path == each or (each.endswith("/") and path.startswith(each)) for each in self.owned
        )


def recorded(before: Tree, after: Tree, unit: Unit, answers: Mapping[str, object]) -> Tree:
    """`after` with the record of a unit that was not there in `before`.

    Files of a unit are those that are new; what it changed in others belongs to those. A unit that
    was there stays as it is recorded.

    Args:
        before: what a verb was given.
        after: what it made of it.
        unit: what it added.
        answers: by flag; what is None, False or empty counts as not given.
    """
    new = sorted(path for path in after.keys() - before.keys() if not path.startswith(_OWN))
    if not new or unit.path in before:
        return after
    given = {key: value for key, value in _given(answers) if value not in (False, "", ())}
    files = {path: digest(after[path].data) for path in new}
    return after.replace({unit.path: Record(unit, TEMPLATE, given, files).data()})


def records(tree: Tree) -> Iterator[Record | InvalidInput]:
    """Every record, the fleet's first; in the place of one that cannot be read, why."""
    found = [(unit, path) for path in tree.below(DIRECTORY) if (unit := _unit(path)) is not None]
    for unit, path in sorted(found, key=lambda each: (VERBS.index(each[0].verb), each[0].name)):
        try:
            yield _read(unit, path, tree.read(path))
        except InvalidInput as error:
            yield InvalidInput(error.message, error.hint, error.place or Place(path))


def record_of(tree: Tree, unit: Unit) -> Record | None:
    """The record of one unit; None where there is none.

    Raises:
        InvalidInput: it cannot be read.
    """
    file = tree.get(unit.path)
    return None if file is None else _read(unit, unit.path, tree.read(unit.path))


def digest(data: bytes) -> str:
    """What a record says of a file's bytes."""
    return sha256(data).hexdigest()


def _given(answers: Mapping[str, object]) -> Iterator[tuple[str, Answer]]:
    for key, value in answers.items():
        if isinstance(value, str | int):
            yield key, value
        elif isinstance(value, Iterable):
            yield key, tuple(map(str, value))


def _unit(path: str) -> Unit | None:
    verb, _, name = path.removeprefix(f"{DIRECTORY}/").removesuffix(".yaml").partition("/")
    unit = Unit(verb, name)
    known = verb in VERBS and (verb == VERBS[0]) == (not name) and "/" not in name
    return unit if known and unit.path == path else None


def _read(unit: Unit, path: str, data: bytes) -> Record:
    """A record.

    Raises:
        InvalidInput: it is none.
    """
    found = [each.data() for each in documents(path, data)]
    facts = found[0] if len(found) == 1 and isinstance(found[0], Mapping) else {}
    template, answers, files = (facts.get(key) for key in ("template", "answers", "files"))
    owned = facts.get("owned", [])
    known = facts.get("apiVersion") == _API and facts.get("kind") == _KIND and _texts(owned)
    version = template if isinstance(template, int) and template is not True else 0
    if not (known and version > 0 and _answers(answers) and _hashes(files)):
        raise InvalidInput("is no record of what was scaffolded", _CURE, Place(path))
    return Record(unit, version, dict(answers), dict(files), tuple(owned))


_CURE = "take it from the repository's history, or remove it; then nothing updates its files"


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _answers(value: object) -> TypeGuard[Answers]:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and (isinstance(each, str | int) or _texts(each))
        for key, each in value.items()
    )


def _hashes(value: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(value, Mapping) and all(
        isinstance(path, str) and isinstance(each, str) and _HASH.fullmatch(each)
        for path, each in value.items()
    )
