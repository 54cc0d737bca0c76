"""Variables that nobody sets: since Flux 2.9 they fail the whole Kustomization.

Before, they became empty texts. A build is looked at where all of its values stand in files; what
a Secret brings, nobody here knows.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.substitution import Substitution
from gitops.reach import Reached
from gitops.rendering.variables import Variables
from gitops.sites import is_yaml
from gitops.sites.model import Manifest, manifests

_OPT_OUT = "kustomize.toolkit.fluxcd.io/substitute"
_PLAIN = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class _Text:
    """A scalar with a variable in it."""

    title: str
    place: Place
    value: str


def variables(declared: Declared) -> Iterator[Finding]:
    """FL313: a variable without value or default in what a Flux Kustomization fills in."""
    opted_out = declared.mentioning(_OPT_OUT.encode())
    for cluster in declared.clusters:
        for each in cluster.applied:
            build = each.sure
            if build is None or opted_out & build.files or _OPT_OUT in repr(each.specs):
                continue
            known = _known(declared, cluster, build)
            if known is None:
                continue
            for path in sorted(build.files - declared.texts - declared.unread):
                if path not in declared.inclusions and is_yaml(path):
                    yield from _unset(known, build, path, declared.fleet.tree[path].data)


def _unset(known: Substitution, build: Reached, path: str, data: bytes) -> Iterator[Finding]:
    name = build.kustomization.name if build.kustomization else ""
    for each in _texts(path, data):
        unset = (v for v in known.known(each.value)[1] if _PLAIN.fullmatch(v))
        for variable in dict.fromkeys(unset):
            told = f"{each.title} asks for {variable}, and Kustomization {name} has no such value"
            hint = "set it in `postBuild`, give it a default (${NAME:=value}), or write $${NAME} "
            hint += "where it is no variable of Flux"
            yield Finding("FL313", Severity.WARNING, each.place, told, hint)


def _known(declared: Declared, cluster: Cluster, build: Reached) -> Substitution | None:
    """All values of a build; None where Flux fills nothing in or a value may be anywhere else."""
    found = Variables.of(build)
    if found.idle or found.secret:
        return None
    data: dict[tuple[str, str], Mapping[str, str]] = {}
    for key in found.wanted:
        values = _values(declared, cluster, key[1])
        if values is None:
            return None
        data[key] = values
    return found.substitution(data)


def _values(declared: Declared, cluster: Cluster, name: str) -> Mapping[str, str] | None:
    """The data of every ConfigMap of a name; None where it may have more."""
    those = [thing for thing in cluster.of("ConfigMap") if thing.name == name]
    if not those or cluster.open or not all(map(declared.untouched, those)):
        return None
    return {
        str(key): thing.text("data", key) or ""
        for thing in those
        for key in thing.manifest.keys("data")
    }


@lru_cache(maxsize=65_536)
def _texts(path: str, data: bytes) -> tuple[_Text, ...]:
    """The scalars of a file that hold a variable, but for objects that want none filled in."""
    if b"${" not in data:
        return ()
    try:
        found = [m for document in documents(path, data) for m in manifests(document)]
    except InvalidInput:
        return ()
    return tuple(text for each in found if each.kind for text in _of(each))


def _of(manifest: Manifest) -> Iterator[_Text]:
    fields = ("annotations", "labels")
    if any(manifest.text("metadata", field, _OPT_OUT) == "disabled" for field in fields):
        return
    prefix, name = manifest.prefix, manifest.text("metadata", "name")
    for address, scalar in manifest.document.scalars.items():
        if address[: len(prefix)] == prefix and "${" in scalar.value:
            place = Place(manifest.document.path, scalar.line, scalar.column)
            yield _Text(f"{manifest.kind} {name}", place, scalar.value)
