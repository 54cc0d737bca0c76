"""`Inventory`: the sites in the files that a fleet's environments reach, by artifact."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from gitops.errors import InvalidInput
from gitops.reach import Reach, Reached
from gitops.sites import (
    UNNAMED,
    Address,
    Site,
    is_yaml,
    names_of,
    sites_of,
    survey,
    without_namespace,
)
from gitops.sites.links import is_variable
from gitops.tree import Tree

_Names = Mapping[tuple[str, Address], frozenset[str]]


@dataclass(frozen=True)
class Inventory:
    """What is written in the files of `tree` that somebody reaches."""

    tree: Tree
    reach: Reach

    def sites(self, artifact: str) -> tuple[Site, ...]:
        """Every reached site of an artifact, in the order of the paths."""
        return self._by_artifact.get(artifact, ())

    def every_site(self, artifact: str) -> tuple[Site, ...]:
        """As `sites`, with those of sources, variables and other objects that no pod runs."""
        return self._surveyed.get(artifact, ())

    def below(self, path: str) -> Iterator[Site]:
        """Every version in a reached file, or in the reached files below a directory."""
        paths, sites = self._in_order
        yield from sites.get(path, ())
        for index in range(bisect_left(paths, f"{path}/"), len(paths)):
            if not paths[index].startswith(f"{path}/"):
                return
            yield from sites[paths[index]]

    def at(self, path: str) -> tuple[Site, ...]:
        """Every site of a reached file."""
        return self._by_path.get(path, ())

    def faulty_builds(
        self, environment: str
    ) -> tuple[tuple[Reached, Mapping[str, InvalidInput]], ...]:
        """The builds of an environment that Flux cannot make, and the files that are why."""
        return self._faulty.get(environment, ())

    @cached_property
    def _read(self) -> tuple[Mapping[str, tuple[Site, ...]], Mapping[str, InvalidInput]]:
        """The sites of every reached file, and the reached files that cannot be read."""
        sites: dict[str, tuple[Site, ...]] = {}
        unreadable: dict[str, InvalidInput] = {}
        for path in self.reach.paths:
            try:
                found = sites_of(path, self.tree.read(path)) if is_yaml(path) else ()
            except InvalidInput as error:
                unreadable[path] = error
            else:
                if found:
                    sites[path] = found
        return sites, unreadable

    @cached_property
    def _by_path(self) -> Mapping[str, tuple[Site, ...]]:
        return {
            path: tuple(self._named(sites)) if any(s.artifact == UNNAMED for s in sites) else sites
            for path, sites in self._read[0].items()
        }

    @cached_property
    def _by_artifact(self) -> Mapping[str, tuple[Site, ...]]:
        sites = chain.from_iterable(self._by_path.values())
        return _grouped(sites, lambda site: site.artifact)

    @cached_property
    def _everything(self) -> tuple[Site, ...]:
        return survey({path: self.tree[path] for path in self.reach.paths}).sites

    @cached_property
    def _surveyed(self) -> Mapping[str, tuple[Site, ...]]:
        return _grouped(self._everything, lambda site: site.artifact)

    @cached_property
    def _in_order(self) -> tuple[list[str], Mapping[str, tuple[Site, ...]]]:
        """The files with versions, sorted, and what each has."""
        found = _grouped(self._everything, lambda site: site.path)
        return sorted(found), found

    @cached_property
    def _faulty(
        self,
    ) -> Mapping[str, tuple[tuple[Reached, Mapping[str, InvalidInput]], ...]]:
        unreadable = self._read[1]
        found: dict[str, list[tuple[Reached, Mapping[str, InvalidInput]]]] = {}
        for build in self.reach.builds:
            here = {path: unreadable[path] for path in sorted(build.files & unreadable.keys())}
            if here or build.problems:
                found.setdefault(build.environment, []).append((build, {**here, **build.problems}))
        return {environment: tuple(builds) for environment, builds in found.items()}

    def _named(self, sites: Iterable[Site]) -> Iterator[Site]:
        """The sites, those of a patch with the artifact that the patched object names."""
        for site in sites:
            names = self._names_for(site) if site.artifact == UNNAMED else ()
            yield replace(site, artifact=next(iter(names))) if len(names) == 1 else site

    def _names_for(self, site: Site) -> frozenset[str]:
        """What the object of a site is called elsewhere; more than one where that is unclear."""
        title, address = site.object, site.address[:-1]
        known = self._names.get(next(iter(self.reach.paths[site.path])), {})
        # kustomize may add the namespace to either side.
        return known.get((title, address)) or known.get(
            (without_namespace(title), address), frozenset()
        )

    @cached_property
    def _names(self) -> Mapping[str, _Names]:
        """By environment: the artifacts that objects name, by title and address."""
        names: dict[str, dict[tuple[str, Address], frozenset[str]]] = {}
        for path in self.reach.paths.keys() - self._read[1].keys():
            for key, artifact in names_of(path, self.tree[path].data).items():
                for environment in self.reach.paths[path]:
                    known = names.setdefault(environment, {})
                    known[key] = known.get(key, frozenset()) | {artifact}
        return names


def variable_of(site: Site) -> str:
    """The name of the Flux variable that a site is the value of; "" where it is none."""
    return str(site.address[-1]) if is_variable(site) else ""


def _grouped(sites: Iterable[Site], key: Callable[[Site], str]) -> Mapping[str, tuple[Site, ...]]:
    found: dict[str, list[Site]] = {}
    for site in sites:
        found.setdefault(key(site), []).append(site)
    return {name: tuple(named) for name, named in found.items()}
