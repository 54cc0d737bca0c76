"""The variables of postBuild, filled in as the cluster would, as far as the fleet knows them.

Flux fills in each object's text where there is at least one variable, and reads it again. A
ConfigMap that the fleet itself applies is looked into; a Secret is not. Where Flux is told to be
strict a variable without a value is an error, else it is empty.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.inclusion.substitution import Substitution
from gitops.reach import Reached
from gitops.rendering.checkout import spec_of
from gitops.tree import Tree

STRICT = b"StrictPostBuildSubstitutions=true"
"""The feature gate of kustomize-controller."""

_PLAIN = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")

Key = tuple[str, str]
"""Namespace and name of a ConfigMap."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What is filled into the objects of one build.

    `wanted` are the ConfigMaps whose data count, in their order; `secret` is true where a Secret's
    count too. `idle` is true where Flux fills nothing in at all.
    """

    own: Mapping[str, str]
    wanted: tuple[Key, ...] = ()
    secret: bool = False

    @classmethod
    def of(cls, build: Reached) -> "Variables":
        """What the Flux Kustomization of a build says."""
        post_build = mapping(spec_of(build).get("postBuild"))
        pairs = mapping(post_build.get("substitute")).items()
        own = {key: value.replace("\n", "") for key, value in pairs if isinstance(value, str)}
        sources = [mapping(each) for each in sequence(post_build.get("substituteFrom"))]
        namespace = (build.kustomization.namespace if build.kustomization else None) or ""
        named = [(each.get("kind"), text(each.get("name")) or "") for each in sources]
        maps = tuple((namespace, name) for kind, name in named if kind == "ConfigMap")
        return cls(own, maps, any(kind == "Secret" for kind, _ in named))

    @property
    def idle(self) -> bool:
        """Whether Flux fills nothing in."""
        return not (self.own or self.wanted or self.secret)

    def substitution(self, known: Mapping[Key, Mapping[str, str]]) -> Substitution:
        """With the data of the ConfigMaps that the fleet applies; the own values win."""
        values: dict[str, str] = {}
        for key in self.wanted:
            values |= known.get(key, {})
        missing = any(key not in known for key in self.wanted)
        return Substitution({**values, **self.own}, open=self.secret or missing)


def filled(yaml: str, substitution: Substitution, *, strict: bool) -> tuple[str, tuple[str, ...]]:
    """An object's text with its variables filled in, and those that only the cluster knows.

    Raises:
        InvalidInput: a variable that nobody sets, where that is an error.
    """
    done, left = substitution.known(yaml)
    if substitution.open or not left:
        return done, left
    unset = [each for each in left if _PLAIN.fullmatch(each)]
    if unset and strict:
        told = f"{unset[0]} has no value, and Flux is told to be strict"
        raise InvalidInput(told, "set it in postBuild, or give it a default: ${NAME:=value}")
    for each in unset:
        done = done.replace(each, "")
    return done, tuple(each for each in left if each not in unset)


def strict_roots(tree: Tree, roots: Iterable[str]) -> frozenset[str]:
    """The cluster directories whose Flux is told to be strict."""
    return frozenset(
        root
        for root in roots
        if any(STRICT in file.data for file in tree.below(root).values() if file.regular)
    )
