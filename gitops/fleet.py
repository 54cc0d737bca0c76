"""`Fleet`: a Tree and its config; reads a pin, sets a pin."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gitops.claims import Claims, images_of, spellings
from gitops.config import AppConfig, Config, read
from gitops.edit import Replacement
from gitops.edit import replace as replace_scalars
from gitops.errors import EditRefused, InvalidInput, Place
from gitops.inventory import Inventory, variable_of
from gitops.pin import Pin, Pinned, Setting, edits, expected, read_content, unfilled
from gitops.reach import Reach, reach
from gitops.sites import ArtifactKind, Site, normalise
from gitops.tree import Tree

__all__ = ["STOPS", "Fleet", "Pin", "Pinned", "Setting"]

STOPS = ".fairlead/"
"""Operators' stops. Flux would apply them as manifests, so nothing may reach them."""


@dataclass(frozen=True)
class Fleet:
    """A fleet repository at one moment. Equal trees give equal answers."""

    tree: Tree
    config: Config
    reach: Reach

    @classmethod
    def read(cls, tree: Tree) -> "Fleet":
        """The fleet that a tree holds.

        Raises:
            InvalidInput: `fleet.yaml` is missing or invalid. An invalid app stands in
                `config.broken`, an invalid manifest in the `problem` of the pins it concerns.
        """
        config = read(tree)
        ordered = {name: config.roots[name] for name in config.environments}
        return cls(tree, config, reach(tree, ordered))

    @property
    def environments(self) -> tuple[str, ...]:
        """Their names, each behind the one it comes after."""
        return self.config.environments

    @property
    def apps(self) -> tuple[str, ...]:
        """The names of the apps whose app.yaml is valid, sorted."""
        return tuple(sorted(self.config.apps))

    def pin(self, environment: str, app: str) -> Pin | None:
        """What is written of an app in an environment; None when nothing is, or no such app."""
        reached = tuple(self._reached(environment, app))
        problem = self._problem(environment, app, reached)
        if not reached and problem is None:
            return None
        own = tuple(s for s in reached if self.reach.environments(s.path) == (environment,))
        content, disagreement = read_content(own)
        problem = problem or unfilled(own) or disagreement
        pin = Pin(environment, app, own, content, problem)
        return self._with_suspension(pin) if pin.unreleased else pin

    def set_pin(self, environment: str, app: str, settings: Sequence[Setting]) -> Tree:
        """The tree with an app at these versions in an environment; every other byte is the same.

        A tag goes to every place that has one, a digest to every place that has room for it. The
        pin is read again from the new tree and says what was asked, else nothing is returned.

        Raises:
            InvalidInput: there is no such pin, it has a problem, or the settings do not fit it.
            EditRefused: a site cannot be edited, or does not say what was asked afterwards.
        """
        pin = self.pin(environment, app)
        if pin is None:
            hint = f"write its version in a file that {environment} alone reaches"
            raise InvalidInput(f"{app} has no version in {environment}", hint)
        if pin.problem is not None:
            raise pin.problem
        wanted = by_artifact(pin, settings)
        changed: dict[str, list[Replacement]] = {}
        for path, replacement in edits(pin, wanted):
            changed.setdefault(path, []).append(replacement)
        files = self.tree
        tree = files.replace(
            {path: replace_scalars(path, files[path].data, new) for path, new in changed.items()}
        )
        after = replace(self, tree=tree).pin(environment, app)
        if after is None or after.problem is not None or after.content != expected(pin, wanted):
            message = f"{app} in {environment} would not say what was asked"
            raise EditRefused(message, "edit it by hand", pin.sites[0].place)
        return tree

    def is_home(self, path: str, app: str) -> bool:
        """Whether a file lies in an app's own directory, or where the app's `paths` say."""
        config = self.config.apps.get(app)
        named = config.paths if config is not None else ()
        below = (path == each or path.startswith(f"{each}/") for each in named)
        return self._claims.home(path) == app or any(below)

    def is_alone(self, files: frozenset[str], app: str) -> bool:
        """Whether no other app has a site in these files."""
        owners = {self._claims.owner(site) for path in files for site in self.inventory.at(path)}
        return owners <= {app, None}

    @cached_property
    def inventory(self) -> Inventory:
        """The sites of every file that somebody reaches."""
        return Inventory(self.tree, self.reach)

    @cached_property
    def _claims(self) -> Claims:
        return Claims(self.tree, self.config)

    def _reached(self, environment: str, app: str) -> Iterator[Site]:
        """The sites of an app's artifacts in an environment, those of other apps left out."""
        for site in self._written(app):
            if environment in self.reach.paths[site.path]:
                owner = self._claims.owner(site)
                if owner == app or (owner is None and app in self._claims.claimants(site)):
                    yield site

    def _written(self, app: str) -> Iterator[Site]:
        """Where an app's versions could stand.

        An app that names its `paths` vouches for all that is written there. What pulls a chart or a
        git source is no pod.
        """
        config = self.config.apps.get(app)
        if config is None:
            return
        artifacts = self._claims.artifacts(app)
        if config.paths:
            yield from self._vouched(config, frozenset(artifacts))
            return
        for artifact in artifacts:
            pulled = artifact not in images_of(config)
            inventory = self.inventory
            yield from inventory.every_site(artifact) if pulled else inventory.sites(artifact)

    def _vouched(self, app: AppConfig, artifacts: frozenset[str]) -> Iterator[Site]:
        """Every site of an app's artifacts and variables in its paths."""
        held = {a.variable: a for a in app.artifacts if a.variable is not None}
        sites = (site for path in app.paths for site in self.inventory.below(path))
        for site in dict.fromkeys(sites):
            artifact = held.get(variable_of(site))
            if site.artifact in artifacts:
                yield site
            elif artifact is not None:
                image = artifact.kind == "image"
                name = normalise(artifact.name) if image else artifact.name
                yield replace(site, artifact=name, kind=ArtifactKind(artifact.kind))

    def _problem(self, environment: str, app: str, sites: Sequence[Site]) -> InvalidInput | None:
        """Why the sites that an environment has of an app are no pin; None when they are one."""
        unreadable = self._unreadable(environment, app, {site.path for site in sites})
        if unreadable is not None:
            return unreadable
        for site in sites:
            if self.reach.environments(site.path) != (environment,):
                return self._shared(site)
            if self._claims.owner(site) is None:
                return self._claims.contested(app, site)
        return self._reached_stop(environment) if sites else None

    def _unreadable(self, environment: str, app: str, paths: set[str]) -> InvalidInput | None:
        """A file that Flux cannot build, where the app's sites are or should be."""
        for build, errors in self.inventory.faulty_builds(environment):
            for path, error in errors.items():
                home = self._claims.home(path)
                if home == app or (home is None and not build.files.isdisjoint(paths)):
                    return error
        return self._hidden(environment, app) if paths else None

    def _hidden(self, environment: str, app: str) -> InvalidInput | None:
        """A broken file of another environment: what it would have reached, nobody knows.

        A site that seems exclusive beside it may be shared, so that mending the file would deploy
        there what only this environment agreed to. A file in another app's directory is that
        app's own trouble.
        """
        for other in self.environments:
            faults = () if other == environment else self.inventory.faulty_builds(other)
            for path, error in ((p, e) for _, errors in faults for p, e in errors.items()):
                if self._claims.home(path) in {app, None}:
                    message = f"while this is broken, {other} may reach {app} too: {error.message}"
                    return InvalidInput(message, error.hint, error.place)
        return None

    def _shared(self, site: Site) -> InvalidInput:
        chains = self.reach.paths[site.path]
        told = "; ".join(f"{name} by {' | '.join(chain)}" for name, chain in chains.items())
        what = f"the {site.part} {site.value} of {site.artifact or site.object}"
        return InvalidInput(
            f"{what} is shared by {' and '.join(chains)} ({told})",
            "write it in a file that one environment alone reaches",
            site.place,
        )

    def _reached_stop(self, environment: str) -> InvalidInput | None:
        for path, chains in self._stops.items():
            if environment in chains:
                message = f"is reached by Flux in {environment} ({' | '.join(chains[environment])})"
                return InvalidInput(message, "give Flux a narrower path", Place(path))
        return None

    @cached_property
    def _stops(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        return {path: at for path, at in self.reach.paths.items() if path.startswith(STOPS)}

    def _with_suspension(self, pin: Pin) -> Pin:
        """An unreleased pin with the `suspend: true` of the app's own Flux Kustomizations."""
        paths = {site.path for site in pin.sites}
        found: dict[object, Site] = {}
        for build in self.reach.reading(pin.environment, paths):
            suspend = build.kustomization.suspend if build.kustomization else None
            if suspend is None or suspend.value != "true":
                continue
            if not self.is_alone(build.files, pin.app):
                continue
            found[suspend.path, suspend.document, suspend.address] = suspend
        sites = tuple(found.values())
        shared = (s for s in sites if len(self.reach.environments(s.path)) != 1)
        problem = next((self._shared(s) for s in shared), None)
        return replace(pin, sites=pin.sites + sites, problem=pin.problem or problem)


def by_artifact(pin: Pin, settings: Sequence[Setting]) -> Mapping[str, Setting]:
    """The settings by the pin's own spelling of their artifacts.

    Raises:
        InvalidInput: an artifact twice, one that the pin has not, or a new app's left out.
    """
    known = {each.repository for each in pin.content}
    wanted: dict[str, Setting] = {}
    where = f"{pin.app} in {pin.environment}"
    for setting in settings:
        artifact = next((s for s in spellings(setting.repository) if s in known), None)
        if artifact is None:
            hint = f"it has {', '.join(sorted(known))}"
            raise InvalidInput(f"{where} has no artifact {setting.repository}", hint)
        if artifact in wanted:
            raise InvalidInput(f"{setting.repository} is set twice", "name it once")
        wanted[artifact] = setting
    if pin.unreleased and wanted.keys() != known:
        missing = ", ".join(sorted(known - wanted.keys()))
        raise InvalidInput(f"{where} is not released yet", f"name a version of {missing} too")
    return wanted
