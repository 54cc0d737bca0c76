"""Files that SOPS encrypted: who encrypts them again, and who decrypts them.

Source: https://getsops.io/docs/ (creation rules) and
https://fluxcd.io/flux/components/kustomize/kustomizations/#decryption.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from gitops.check.finding import Finding, Severity
from gitops.check.secrets import is_sealed
from gitops.check.source_files import Role, SourceFiles, readable, regular
from gitops.errors import Place
from gitops.inclusion.flux_objects import mapping
from gitops.reach import Reached
from gitops.sites import is_yaml
from gitops.tree import Tree

_RULES = ".sops.yaml"
_MAC = b"mac"


def uncovered(files: SourceFiles) -> Iterator[Finding]:
    """FL707: an encrypted file that no creation rule is for, so a new one beside it gets no key.

    Nothing is said of a fleet without a .sops.yaml.
    """
    rules = _creation_rules(files.tree)
    for path in _sealed(files) if rules else ():
        above = [directory for directory in rules if path.startswith(directory)]
        if above and not any(_covers(rules[each], path.removeprefix(each)) for each in above):
            nearest = max(above, key=len) + _RULES
            told = f"is encrypted, and no creation rule of {nearest} is for it"
            hint = "write a `path_regex` that it matches, or move it"
            yield Finding("FL707", Severity.WARNING, Place(path), told, hint)


def undecrypted(files: SourceFiles) -> Iterator[Finding]:
    """FL708: a Flux Kustomization that builds an encrypted manifest and decrypts nothing."""
    sealed = {path for path in _sealed(files) if Role.MANIFEST in files.roles.get(path, ())}
    builds = files.fleet.reach.builds if sealed else ()
    # Where labels decide whether a patch is for it, it is told once for each way.
    decrypted = {_which(build) for build in builds if _decrypts(build)}
    for build in builds:
        found = build.kustomization
        if found is None or _which(build) in decrypted:
            continue
        there = sorted(build.files & sealed)
        if there:
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            told = f"the Kustomization {found.name} decrypts nothing, and builds {there[0]}{more}"
            hint = "write `spec.decryption` with `provider: sops`"
            yield Finding("FL708", Severity.ERROR, found.place, told, hint)


def _which(build: Reached) -> tuple[str, str, Place | None]:
    found = build.kustomization
    return build.environment, build.cluster, None if found is None else found.place


def _decrypts(build: Reached) -> bool:
    found = build.kustomization
    return found is not None and bool(mapping(found.spec.get("decryption")))


def _sealed(files: SourceFiles) -> Iterator[str]:
    for path, file in regular(files.tree):
        if not is_yaml(path) or b"sops" not in file.data or _MAC not in file.data:
            continue
        if any(is_sealed(document) for document in readable(path, file.data)):
            yield path


def _creation_rules(tree: Tree) -> Mapping[str, tuple[str, ...]]:
    """The patterns of each .sops.yaml, by its directory with a slash; "" matches every path."""
    found: dict[str, tuple[str, ...]] = {}
    for path, file in regular(tree):
        directory, slash, name = path.rpartition("/")
        if name != _RULES:
            continue
        for document in readable(path, file.data):
            rules = document.keys("creation_rules")
            patterns = (document.text("creation_rules", at, "path_regex") for at in rules)
            found[directory + slash] = tuple(pattern or "" for pattern in patterns)
    return found


def _covers(patterns: tuple[str, ...], path: str) -> bool:
    return any(_pattern(each).search(path) is not None for each in patterns)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """What Go reads there; what only Go can read matches everything."""
    try:
        return re.compile(text)
    except re.error:
        return re.compile("")
