"""Directories copied under another name: every byte, but for the names and paths that must change.

Whole names and whole segments of paths are renamed:

    >>> renaming = Renaming(paths={"clusters/dev/a": "clusters/qa/b", "envs/dev": "envs/qa"})
    >>> renaming.text("path: ./apps/x/envs/dev # as envs/dev-old")
    'path: ./apps/x/envs/qa # as envs/dev-old'
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gitops.document import documents
from gitops.edit import Replacement, replace
from gitops.errors import InvalidInput
from gitops.sites import is_yaml
from gitops.tree import File, Tree

TEMPLATE = "_template"
"""A directory of this name is somebody's pattern for new ones, and no environment or app."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What texts become: `paths` wherever whole segments of a path say so, `words` whole names."""

    paths: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """A text with its paths and names renamed, comments too."""
        for old, new in self.paths.items():
            text = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])", new, text)
        for old, new in self.words.items():
            text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
        return text


@dataclass(frozen=True, slots=True)
class Cloned:
    """The files of a copy, and those that only people can copy: what SOPS encrypted."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...]


def cloned(tree: Tree, moved: Mapping[str, str], renaming: Renaming) -> Cloned:
    """Copies of files, by the path that each goes to."""
    files: dict[str, bytes] = {}
    left_out = []
    for old, new in moved.items():
        file = tree[old]
        if not file.regular:
            continue
        if _encrypted(old, file):
            left_out.append(old)
        else:
            files[new] = _renamed(old, file.data, renaming)
    return Cloned(files, tuple(left_out))


def below_environment(tree: Tree, like: str, name: str) -> dict[str, str]:
    """The files of `envs/LIKE/` of every app, component and tenant, with where they go."""
    found = {}
    for top in ("apps", "components", "infrastructure", "tenants"):
        for path in tree.below(top):
            parts = path.split("/")
            if TEMPLATE in parts or "envs" not in parts[:-2]:
                continue
            place = parts.index("envs") + 1
            if parts[place] == like:
                found[path] = "/".join([*parts[:place], name, *parts[place + 1 :]])
    return found


def below_directory(tree: Tree, old: str, new: str) -> dict[str, str]:
    """The files below a directory, with where they go."""
    return {
        path: new + path.removeprefix(old)
        for path in tree.below(old)
        if TEMPLATE not in path.split("/")
    }


def with_variables(path: str, data: bytes, values: Mapping[str, str]) -> bytes:
    """A cluster's `cluster-vars.yaml` with other values for the variables that it has."""
    [document, *_] = documents(path, data)
    wanted = [
        Replacement(0, ("data", key), value)
        for key, value in values.items()
        if document.text("data", key) is not None
    ]
    return replace(path, data, wanted)


def mentions(files: Mapping[str, bytes], name: str) -> Iterator[str]:
    """Where copies still name what they were copied from, as `PATH:LINE`."""
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for path, data in sorted(files.items()):
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            if word.search(line.partition(" #")[0]) and not line.lstrip().startswith("#"):
                yield f"{path}:{number}"


def _renamed(path: str, data: bytes, renaming: Renaming) -> bytes:
    if not is_yaml(path):
        return data
    try:
        return renaming.text(data.decode()).encode()
    except UnicodeDecodeError:
        return data


def _encrypted(path: str, file: File) -> bool:
    if b"ENC[AES256_GCM," not in file.data:
        return False
    try:
        return any(each.refusal is not None for each in documents(path, file.data))
    except InvalidInput:
        return False
