"""What the verbs that need no fleet read: any directory, or one file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

from gitops.cli.patience import Tally, nothing_collected, patience

if TYPE_CHECKING:
    from gitops.sites import Skipped, Survey
    from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A Tree, the directory that its paths are relative to, and where its versions are."""

    root: Path
    tree: "Tree"
    survey: "Survey"

    def path(self, path: str) -> str:
        """A path of the Tree as one opens it from where the verb was typed."""
        root = self.root.as_posix()
        return f"{root.rstrip('/')}/{path}" if root != "." else path


def surveyed(path: Path, *, remember: bool = True) -> Surveyed:
    """Read a directory or a file and look for versions in it; what takes long says so.

    Args:
        path: the directory or the YAML file.
        remember: as `gitops.sites.survey` takes it: whether an edit follows.

    Raises:
        InvalidInput: there is no such directory or file, or it is no YAML by its name.
    """
    from gitops.sites import Survey, survey

    root, tree = _read(path)
    seen = Tally()
    told = patience("looking for versions", lambda: f"{seen} of {len(tree)} files")
    with told, nothing_collected():
        found = survey(tree, seen, remember=remember)
    elsewhere = [*_elsewhere(root, tree)]
    if elsewhere:
        skipped = sorted([*found.skipped, *elsewhere], key=lambda each: each.place.path)
        found = Survey(found.sites, tuple(skipped))
    return Surveyed(root, tree, found)


def _elsewhere(root: Path, tree: "Tree") -> "Iterator[Skipped]":
    """What the survey does not tell by the name: directories that nobody may read, and symlinks.

    That is, symlinks to directories that are not below the root; a Tree says not where they lead.
    """
    from gitops.errors import Place
    from gitops.sites import Skipped, is_yaml
    from gitops.tree import Mode

    for path, file in tree.items():
        # The survey tells of those whose names end as YAML's do.
        if file.unread is not None and not is_yaml(path) and (root / path).is_dir():
            yield Skipped(Place(path), f"is {file.unread}")
        if file.mode is not Mode.SYMLINK or is_yaml(path) or not (root / path).is_dir():
            continue
        if not (root / path).resolve().is_relative_to(root.resolve()):
            reason = "is a symlink to a directory elsewhere, which is not read"
            yield Skipped(Place(path), reason)


def _read(path: Path) -> "tuple[Path, Tree]":
    from gitops.directory import read_directory, read_file
    from gitops.errors import InvalidInput, Place
    from gitops.sites import is_yaml

    try:
        directory = S_ISDIR(path.stat().st_mode)
    except FileNotFoundError as error:
        what = "leads nowhere" if path.is_symlink() else "no such file or directory"
        raise InvalidInput(what, _hint(path), Place(str(path))) from error
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise InvalidInput(what, "give a directory or a YAML file", Place(str(path))) from error
    if not directory:
        if not is_yaml(path.name):
            hint = "give a directory, or a file that ends in .yaml or .yml"
            raise InvalidInput("is no YAML file by its name", hint, Place(str(path)))
        return path.parent, read_file(path)
    seen = Tally()
    with patience(f"reading what is below {path}", lambda: f"{seen} files"):
        return path, read_directory(path, seen, partly=True)


def _hint(path: Path) -> str:
    """What was perhaps meant: something whose name is nearly so, beside the missing one."""
    from difflib import get_close_matches

    if path.is_symlink():
        return "mend the symlink, or give a directory or a YAML file"
    there = path.parent
    while there != there.parent and not there.is_dir():
        path, there = there, there.parent
    try:
        near = get_close_matches(path.name, [each.name for each in there.iterdir()], n=1)
    except OSError:
        near = []
    return f"did you mean {there / near[0]}?" if near else "give a directory or a YAML file"
