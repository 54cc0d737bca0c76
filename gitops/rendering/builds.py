"""The builds of a fleet: which there are, and whose each is."""

from collections.abc import Iterable, Iterator, Mapping

from gitops.fleet import Fleet
from gitops.reach import SHARED, Reached
from gitops.sites.model import Part


class Owners:
    """Which apps a build is of."""

    def __init__(self, fleet: Fleet) -> None:
        """Those of a fleet."""
        self._fleet = fleet
        self._known: dict[str, Mapping[str, frozenset[str]]] = {}

    def of(self, build: Reached) -> frozenset[str]:
        """The apps whose versions its files hold, and the one in whose directory it is."""
        known = self._known.get(build.environment)
        if known is None:
            known = self._known[build.environment] = self._by_path(build.environment)
        held = [known[path] for path in build.files if path in known]
        return frozenset().union(*held, self._home(build.directory))

    def _by_path(self, environment: str) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for app in self._fleet.apps:
            pin = self._fleet.pin(environment, app)
            for path in {s.path for s in pin.sites if s.part != Part.SUSPEND} if pin else ():
                found[path] = found.get(path, frozenset()) | {app}
        return found

    def _home(self, directory: str) -> frozenset[str]:
        top, _, rest = directory.partition("/")
        name = rest.partition("/")[0]
        at_home = self._fleet.config.fleet.apps == "apps" and top == "apps"
        return frozenset({name} if at_home and name in self._fleet.apps else ())


def builds_of(
    fleet: Fleet,
    environment: str | None = None,
    cluster: str | None = None,
    app: str | None = None,
) -> tuple[Reached, ...]:
    """The builds of a fleet, parents first; None narrows nothing.

    What belongs to a cluster that environments share is no single environment's: it is there where
    `environment` is None.

    Where labels decide whether a patch is for a Flux Kustomization, which reach does not follow, it
    is taken as patched.
    """
    owners = Owners(fleet)
    return tuple(
        build
        for build in _single(fleet.reach.builds)
        if environment in {None, build.environment}
        and cluster in {None, cluster_of(fleet, build)}
        and (app is None or app in owners.of(build))
    )


def _single(builds: Iterable[Reached]) -> Iterator[Reached]:
    """Each Flux Kustomization once: reach tells every way in which one may turn out."""
    seen: set[object] = set()
    for build in builds:
        found = build.kustomization
        what = (found.place, found.document, found.namespace, found.name) if found else None
        key = (build.environment, build.cluster, what, build.directory, id(build.view))
        if key not in seen:
            seen.add(key)
            yield build


def cluster_of(fleet: Fleet, build: Reached) -> str:
    """The name of a build's cluster."""
    if build.environment == SHARED:
        return shared_name(fleet, build.root)
    found = fleet.config.environment(build.environment)
    clusters = found.clusters if found is not None else []
    named = [each.name for each in clusters if each.path.strip("/") == build.cluster]
    return named[0] if named else build.cluster


def shared_name(fleet: Fleet, root: str) -> str:
    """What environments call the cluster that they share; its directory where they disagree."""
    below = f"{root}/"
    names = {
        cluster.name
        for environment in fleet.config.fleet.environments
        for cluster in environment.clusters
        if cluster.path.startswith(below)
    }
    return names.pop() if len(names) == 1 else root
