"""What other files say of a site: where its chart comes from, what its policy selects.

A patch of a HelmRelease has its artifact from the HelmRelease, a variable from the one artifact
whose version it is, a marked scalar from the ImageRepository of its policy. A link is made only
where one answer is possible, and a site without one is a site all the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from gitops.document import Address
from gitops.sites.helm_release import chart_reference, names
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import (
    UNNAMED,
    ArtifactKind,
    Manifest,
    Part,
    Site,
    variable_in,
    without_namespace,
)
from gitops.sites.url import without_user

_Artifact = tuple[str, ArtifactKind, str]
"""Its name, its kind and its source."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=][^}]*)?\}")

SCREENS = (b"HelmRepository", b"ImagePolicy", b"ImageRepository", b"chartRef")


class Topic(StrEnum):
    """Of what an object says something: its own URL or image, its policy's, or what a chart is."""

    URL = "url"
    IMAGE = "image"
    POLICY = "policy"
    CHART = "chart"


class Fact(NamedTuple):
    """What an object says of the one with this kind, name and namespace ("" where none is said)."""

    topic: Topic
    kind: str
    name: str
    namespace: str
    value: str


class Naming(NamedTuple):
    """The artifact that an object names, by its title without a namespace and the address."""

    title: str
    address: Address
    artifact: str


def said(manifest: Manifest) -> Iterator[Fact | Naming]:
    """What an object says of others, and of itself to others."""
    kind, _, name = manifest.title.partition(" ")
    group = manifest.api_version.partition("/")[0]
    match group, kind:
        case "source.toolkit.fluxcd.io", "HelmRepository":
            yield from _fact(Topic.URL, kind, name, without_user(manifest.text("spec", "url")))
        case "image.toolkit.fluxcd.io", "ImageRepository":
            yield from _fact(Topic.IMAGE, kind, name, manifest.text("spec", "image"))
        case "image.toolkit.fluxcd.io", "ImagePolicy":
            reference = ("spec", "imageRepositoryRef")
            namespace = manifest.text(*reference, "namespace") or name.rpartition("/")[0]
            image = f"{namespace}/{manifest.text(*reference, 'name') or ''}"
            yield from _fact(Topic.POLICY, kind, name, image)
        case "helm.toolkit.fluxcd.io", "HelmRelease":
            reference_kind, _, chart = chart_reference(manifest).partition(" ")
            yield from _fact(Topic.CHART, reference_kind, chart, "chart")
            for address, artifact in names(manifest):
                yield Naming(without_namespace(manifest.title), address, artifact)
        case _:
            pass


def _fact(topic: Topic, kind: str, name: str, value: str | None) -> Iterator[Fact]:
    namespace, _, bare = name.rpartition("/")
    if value and bare and not variable_in(value):
        yield Fact(topic, kind, bare, namespace, value)


@dataclass(frozen=True, slots=True)
class Links:
    """What the objects of a tree say of each other. Filled by `read`, asked by `linked`."""

    _facts: dict[tuple[Topic, str, str], set[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """By topic, kind and name: the namespaces, each with a value."""
    _names: dict[tuple[str, Address], set[str]] = field(default_factory=lambda: defaultdict(set))
    _variables: dict[str, dict[tuple[str, ...], Site]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _told: dict[str, frozenset[_Artifact]] = field(default_factory=dict)

    def read(self, told: Iterable[Fact | Naming]) -> None:
        """Take down what objects say."""
        for each in told:
            if isinstance(each, Fact):
                self._facts[each[:3]].add(each[3:])
            else:
                self._names[each.title, each.address].add(each.artifact)

    def read_variable(self, site: Site) -> None:
        """Take down of what a variable is the version, going by a site that holds nothing else."""
        reference = parse_reference(site.value) if site.part is Part.REFERENCE else None
        found = _VARIABLE.fullmatch((reference.tag or "") if reference else site.value)
        if found and site.artifact != UNNAMED:
            facts = (site.artifact, site.kind, site.source, site.object)
            self._variables[found[1]].setdefault(facts, site)

    def fills(self, site: Site) -> bool:
        """Whether a variable's value is a version, going by where the variable stands."""
        return str(site.address[-1]) in self._variables

    def linked(self, sites: Iterable[Site]) -> Iterator[Site]:
        """The sites, with what is said of them elsewhere."""
        for site in sites:
            named = self._named(site) if site.artifact == UNNAMED else site
            yield self._chart(named)

    def _chart(self, site: Site) -> Site:
        kind, space, name = site.source.partition(" ")
        if space and kind == "HelmRepository":
            url = self._one(Topic.URL, kind, name)
            return replace(site, source=url) if url else site
        kind, _, name = site.object.partition(" ")
        if kind == "OCIRepository" and self._one(Topic.CHART, kind, name):
            return replace(site, kind=ArtifactKind.CHART)
        return site

    def _named(self, site: Site) -> Site:
        told = self._of_variable(str(site.address[-1])) if is_variable(site) else frozenset()
        repository = self._selected(site)
        if repository:
            artifact = normalise(repository)
            told = frozenset(each for each in told if each[0] == artifact)
            return _of_kind(replace(site, artifact=artifact), told)
        known = self._names.get((without_namespace(site.object), site.address[:-1]), set())
        if len(known) == 1:
            return replace(site, artifact=next(iter(known)))
        if len(told) == 1:
            artifact, kind, source = next(iter(told))
            return replace(site, artifact=artifact, kind=kind, source=source)
        return _of_kind(site, told)

    def _selected(self, site: Site) -> str | None:
        """The image that the policy of a marked scalar selects from; None where nothing says it."""
        if site.policy is None:
            return None
        image = self._one(Topic.POLICY, "ImagePolicy", site.policy.replace(":", "/"))
        return self._one(Topic.IMAGE, "ImageRepository", image) if image else None

    def _of_variable(self, name: str) -> frozenset[_Artifact]:
        """Each artifact that the variable is the version of."""
        if name not in self._told:
            # Not before every file is read: another one says what is a chart.
            sites = map(self._chart, self._variables.get(name, {}).values())
            self._told[name] = frozenset((site.artifact, site.kind, site.source) for site in sites)
        return self._told[name]

    def _one(self, topic: Topic, kind: str, name: str) -> str | None:
        """The one value that an object of this name has; None without one, or with several."""
        namespace, _, bare = name.rpartition("/")
        known = self._facts.get((topic, kind, bare), set())
        exact = {value for where, value in known if where == namespace}
        # kustomize or a Kustomization's targetNamespace may give either side the other's namespace.
        found = exact or {value for where, value in known if not (where and namespace)}
        return next(iter(found)) if len(found) == 1 else None


def is_variable(site: Site) -> bool:
    """Whether the site is the value of a variable of a Flux Kustomization."""
    return site.address[-2:-1] == ("substitute",)


def _of_kind(site: Site, told: Iterable[_Artifact]) -> Site:
    """The site with the kind that all of these have."""
    kinds = {kind for _, kind, _ in told}
    return replace(site, kind=kinds.pop()) if len(kinds) == 1 else site
