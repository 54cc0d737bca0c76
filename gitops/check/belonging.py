"""Files that belong to nobody, and apps that lean on each other."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from gitops.check.finding import Finding, Severity
from gitops.check.reading import directories_of, objects_of
from gitops.check.source_files import SourceFiles, is_component, readable, regular
from gitops.config.schema import API_VERSION
from gitops.document import Document
from gitops.errors import InvalidInput, Place
from gitops.inclusion.kustomization import read_kustomization
from gitops.inclusion.source import from_root, join
from gitops.sites import is_yaml
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Tree

_APPS = "apps"
_KUSTOMIZE = "kustomize.config.k8s.io/"
_APP = re.compile(r"apps/([^/]+)(?:/|$)")


def leaning(files: SourceFiles) -> Iterator[Finding]:
    """FL415: an app that includes what belongs to another, and so falls with it.

    Only where each app has a directory of its own.
    """
    fleet = files.fleet.config
    if fleet.fleet.apps != _APPS:
        return
    apps = {*fleet.apps, *fleet.broken}
    for path, file in regular(files.tree):
        app, name = _app_of(path), path.rpartition("/")[2]
        if app not in apps or name not in FILE_NAMES or path in files.unread:
            continue
        try:
            links = read_kustomization(path, file.data).links
        except InvalidInput:
            continue
        for link in links:
            target = join(str(PurePosixPath(path).parent), link.target)
            other = None if target is None or link.optional else _app_of(target)
            if other in apps and other != app:
                told = f"{link.field}: {link.target} belongs to the app {other}, not to {app}"
                hint = "copy it, or move what both need to components/"
                yield Finding("FL415", Severity.WARNING, link.place, told, hint)


def unapplied(files: SourceFiles) -> Iterator[Finding]:
    """FL416: a manifest beside a kustomization.yaml that does not name it, nor anybody else.

    One whose name stands in the kustomization.yaml, as in a comment, was left out on purpose.
    """
    holders = {_above(path): path for path in files.roles if _is_kustomization(path)}
    unread = {_above(path) for path in files.unread}
    directories = directories_of(files.tree)
    for path, file in regular(files.tree):
        above = _above(path)
        holder = holders.get(above)
        if path in files.roles or holder is None or above in unread or not is_yaml(path):
            continue
        name = path.rpartition("/")[2]
        if name.encode() in files.tree[holder].data or not _is_manifest(path, file.data):
            continue
        # A slip in a name is FL007's, and this may be the file that was meant.
        if _names_nothing(files.tree, holder, directories):
            continue
        told = f"is applied nowhere: {holder} does not name it"
        hint = f"write `- {name}` under its `resources`, or remove the file"
        yield Finding("FL416", Severity.WARNING, Place(path), told, hint)


def unbuilt(files: SourceFiles) -> Iterator[Finding]:
    """FL416: a directory of an app with a kustomization.yaml that no build reaches.

    Of such directories in one another only the outermost are told. Components are for whoever wants
    them. Nothing is said while it is not clear what a Flux Kustomization builds.
    """
    fleet = files.fleet.config
    if fleet.fleet.apps != _APPS or files.unread or not _is_clear(files):
        return
    built = {_app_of(path) for path in files.roles}
    for directory, path in _outermost(files, {app for app in fleet.apps if app in built}).items():
        told = f"nothing includes {directory}, so nothing in it is applied"
        hint = "include it, point a Flux Kustomization at it, or remove it"
        yield Finding("FL416", Severity.WARNING, Place(path), told, hint)


def _outermost(files: SourceFiles, apps: set[str]) -> Mapping[str, str]:
    """The unreached directories of apps that no other includes, with their kustomization.yaml."""
    found = {
        _above(path): path
        for path, _ in regular(files.tree)
        if _is_kustomization(path) and path not in files.roles and _app_of(path) in apps
        if not is_component(files.tree, path)
    }
    included: set[str | None] = set()
    for directory, path in found.items():
        with suppress(InvalidInput):
            links = read_kustomization(path, files.tree[path].data).links
            included.update(join(directory, link.target) for link in links)
    return {each: path for each, path in found.items() if each not in included}


def _names_nothing(tree: Tree, path: str, directories: frozenset[str]) -> bool:
    """Whether a kustomization names a file or directory that is not there."""
    try:
        links = read_kustomization(path, tree[path].data).links
    except InvalidInput:
        return True
    targets = [join(_above(path) or ".", link.target) for link in links if not link.optional]
    return any(each not in tree and each not in directories for each in targets)


def _is_clear(files: SourceFiles) -> bool:
    directories = directories_of(files.tree)
    there = all(from_root(each.path)[0] in directories for each in objects_of(files.fleet))
    return there and not any(build.guessed for build in files.fleet.reach.builds)


def _is_kustomization(path: str) -> bool:
    return path.rpartition("/")[2] in FILE_NAMES


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _app_of(path: str) -> str | None:
    found = _APP.match(path)
    return None if found is None else found[1]


def _is_manifest(path: str, data: bytes) -> bool:
    """Whether each document of a file is an object for a cluster, or a patch of one."""
    found = readable(path, data)
    return bool(found) and all(map(_is_object, found))


def _is_object(document: Document) -> bool:
    version = document.api_version
    if version is None or document.kind is None or document.name is None:
        return False
    return version != API_VERSION and not version.startswith(_KUSTOMIZE)
