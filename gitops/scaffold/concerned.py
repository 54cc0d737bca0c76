"""What of a fleet an addition concerns: all of it but the apps that it cannot collide with.

To add one app to a thousand, the thousand need not be understood. Nearly all of them tell by their
bytes alone that they neither name what is added nor reach anything but their own directory.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from gitops.config import Config, FleetConfig, read
from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import GROUPS, KUSTOMIZATION, flux_objects
from gitops.inclusion.source import from_root
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.sites import is_yaml
from gitops.tree import Tree

_STOPS = ".fairlead/"
_WORD = re.compile(rb"[a-z0-9-]+")
_STEP = re.compile(rb"/([a-z0-9-]+)")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

_ESCAPED = re.compile(rb"\\[xuU\r\n]")
"""Without one of these a text in YAML is spelled as its bytes are.

Source: YAML 1.2.2, 5.7 and 7.3.1.
"""

_STOPPING = re.compile(rb"\.fairlead/(?!schemas/)")
"""In an app's directory: operators' stops."""

_APPLYING = tuple(f"{group}/v".encode() for group in GROUPS.values())
"""In an app's directory: what makes Flux apply another one."""

_OWN_PATH = b" path: ./apps/\0/"

_COMMON = "components/"
"""What apps take in from elsewhere, which itself takes in nothing from outside its directory."""


def added(
    tree: Tree,
    add: Callable[[Tree], Tree],
    names: Iterable[str],
    artifacts: Iterable[str] = (),
) -> Tree:
    """What `add` makes of a fleet of which it is shown what concerns it; the same if that is none.

    Args:
        tree: the fleet.
        add: an addition; it removes nothing.
        names: as `concerned` takes them.
        artifacts: likewise.

    Raises:
        InvalidInput: there is no fleet, or `add` refuses.
    """
    part = concerned(tree, names, artifacts)
    done = add(part)
    new = {path: file for path, file in done.items() if part.get(path) is not file}
    return tree.joined(new) if new else tree


def concerned(tree: Tree, names: Iterable[str], artifacts: Iterable[str] = ()) -> Tree:
    """A fleet without the apps that have nothing to do with what is added.

    An app is left out when its files name nothing of what is added and can reach nothing outside
    the app's directory, and no file that stays speaks of the app.

    Args:
        tree: the fleet.
        names: what is added is called, and so are its namespaces and Flux Kustomizations, but for
            the suffix that those have where environments share a cluster.
        artifacts: its images and charts.

    Raises:
        InvalidInput: `fleet.yaml` is absent or wrong.
    """
    fleet = without_apps(tree).fleet
    apps = _apps(tree, fleet) if fleet.apps == "apps" else {}
    of_apps = {path for paths in apps.values() for path in paths}
    shared = _text(
        tree, (p for p in tree if p not in of_apps and is_yaml(p) and not p.startswith(_STOPS))
    )
    if not apps or _ESCAPED.search(shared) or _common_reaches(tree):
        return tree
    layers = _text(tree, (path for path in of_apps if not path.startswith("apps/")))
    last = (artifact.rpartition("/")[2].encode() for artifact in artifacts)
    asked = _Asked.of(tree, fleet, names, [each for each in last if each in shared + layers])
    spoken_of = {each.decode() for each in _WORD.findall(shared)} & apps.keys()
    kept = spoken_of | {name for name, paths in apps.items() if asked.concerns(name, paths)}
    waiting = list(kept)
    while waiting:
        text = _text(tree, apps[waiting.pop()])
        near = {each.decode() for each in _STEP.findall(text)} & apps.keys() - kept
        kept |= near
        waiting.extend(near)
    return tree.without({p for name, paths in apps.items() if name not in kept for p in paths})


def without_apps(tree: Tree) -> Config:
    """What `fleet.yaml` alone says.

    Raises:
        InvalidInput: it is absent or wrong.
    """
    return read(Tree({path: tree[path] for path in (FLEET_FILE,) if path in tree}))


def _apps(tree: Tree, fleet: FleetConfig) -> Mapping[str, Collection[str]]:
    """By app: the files in its directory, and those in which clusters apply it."""
    found: dict[str, list[str]] = {}
    for path in tree:
        top, _, rest = path.partition("/")
        name = rest.removesuffix("/app.yaml")
        if top == "apps" and len(name) < len(rest) and _LABEL.fullmatch(name):
            found[name] = []
    layers = {f"{c.path}/apps" for e in fleet.environments for c in e.clusters}
    for path in tree:
        directory, _, file = path.rpartition("/")
        name = directory.split("/", 2)[1] if directory.startswith("apps/") else ""
        if directory in layers:
            name = file.removesuffix(".yaml")
            while name and name not in found:
                # What migrates an app, or tries it, has a file of its own beside the app's.
                name = name.rpartition("-")[0]
        if name in found:
            found[name].append(path)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whether an app may have something to do with what is added.

    `forms` are its names with every suffix, which `named` finds where they are no part of others;
    `more` are texts that count wherever they stand. `judged` holds what is known of the files in
    which clusters apply apps, and `climbing` of an app's own and how deep they lie, by their text
    with a NUL in the place of the app's name: those of a thousand apps say much the same.
    """

    tree: Tree
    suffixes: Collection[str]
    forms: Collection[bytes]
    named: re.Pattern[bytes]
    more: Collection[bytes]
    judged: dict[bytes, bool] = field(default_factory=dict)
    climbing: dict[tuple[int, bytes], bool] = field(default_factory=dict)

    @classmethod
    def of(
        cls, tree: Tree, fleet: FleetConfig, names: Iterable[str], more: Collection[bytes]
    ) -> "_Asked":
        """With the suffixes of a fleet's environments."""
        suffixes = ("", *(f"-{environment.name}" for environment in fleet.environments))
        forms = sorted({(name + suffix).encode() for name in names for suffix in suffixes})
        named = re.compile(rb"(?<![a-z0-9-])(?:%b)(?![a-z0-9-])" % b"|".join(forms))
        return cls(tree, suffixes, forms, named, more)

    def concerns(self, app: str, paths: Collection[str]) -> bool:
        """Whether it has, or that cannot be told."""
        if not all(self.tree[path].regular for path in paths):
            return True
        if any((app + suffix).encode() in self.forms for suffix in self.suffixes):
            return True
        applied = [path for path in paths if not path.startswith("apps/")]
        text = _text(self.tree, applied)
        ours = [path for path in paths if path.startswith("apps/")]
        own = _text(self.tree, ours)
        if _reaches(own) or not all(self._applies(app, path) for path in applied):
            return True
        if any(self._climbs(app, path) for path in ours):
            return True
        if any(_ESCAPED.search(each) for each in (text, own) if b"\\" in each):
            return True
        if any(each in text or each in own for each in self.more):
            return True
        return any(form in text for form in self.forms) and bool(self.named.search(text))

    def _climbs(self, app: str, path: str) -> bool:
        """Whether a file of an app may take in what is neither in the app's directory nor common.

        What the file says is asked with a NUL for the app's name. That allows no more: a name has
        no dot, and no name stands for a component there.
        """
        data = self.tree[path].data
        if b".." not in data:
            return False
        shape = path.count("/"), data.replace(app.encode(), b"\0")
        if shape not in self.climbing:
            self.climbing[shape] = _climbing(shape[0]).search(shape[1]) is not None
        return self.climbing[shape]

    def _applies(self, app: str, path: str) -> bool:
        """Whether a cluster's file applies nothing but a directory of the app."""
        data = self.tree[path].data
        shape = data.replace(app.encode(), b"\0")
        if shape not in self.judged:
            self.judged[shape] = _OWN_PATH in shape and _is_of(app, path, data)
        return self.judged[shape]


def _is_of(app: str, file: str, data: bytes) -> bool:
    """Whether a file is one Flux Kustomization, of a directory of an app."""
    try:
        found = flux_objects(file, data)
    except InvalidInput:
        return False
    if [each.kind for each in found] != [KUSTOMIZATION] or found[0].components:
        return False
    path = found[0].path
    return from_root(path)[0].startswith(f"apps/{app}/") and "$" not in path


def _reaches(text: bytes) -> bool:
    # One text after the other is found many times faster than any of them.
    return any(each in text for each in _APPLYING) or _STOPPING.search(text) is not None


@cache
def _climbing(depth: int) -> re.Pattern[bytes]:
    """A line with enough `..` to leave `apps/NAME` from so many directories below the top."""
    common = rb"(?:%b[a-z0-9-]+|\.fairlead/schemas/[a-z]+\.json)" % re.escape(_COMMON.encode())
    path = rb"(?:\.\./){%d}%b" % (depth, common)
    harmless = rb"(?:[ -]*%b|[ -]*\"%b\"|[^\n.]*=%b)[ \r]*$" % (path, path, path)
    return re.compile(rb"^(?!%b)(?:[^\n]*?\.\.){%d}" % (harmless, depth - 1), re.MULTILINE)


def _common_reaches(tree: Tree) -> bool:
    """Whether what apps have in common may take in something from elsewhere, or have Flux do so."""
    files = tree.below(_COMMON.rstrip("/")).values()
    return any(not f.regular or b".." in f.data or _reaches(f.data) for f in files)


def _text(tree: Tree, paths: Iterable[str]) -> bytes:
    return b"\n".join(tree[path].data for path in paths)
