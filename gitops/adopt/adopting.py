"""`adopt`: the configuration of a repository that was there before Fairlead.

No manifest is touched, and no file of Fairlead's that is there: what a person has changed since is
their word. A second run finds every site in its app, and writes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops.adopt.environments import Environment, inferred, ordered
from gitops.adopt.files import APPS, FLEET_FILE, Identity, app_files, fleet_file
from gitops.adopt.identity import identity_of
from gitops.adopt.naming import labelled
from gitops.adopt.owners import NOBODY, Owners
from gitops.adopt.report import Report, Shared
from gitops.adopt.roots import Root, sync_roots
from gitops.adopt.streams import App, Placed, apps, streams
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet, Pin
from gitops.sites import Site, survey
from gitops.tree import Tree

_Key = tuple[str, int, tuple[str | int, ...]]


@dataclass(frozen=True, slots=True)
class AdoptAnswers:
    """What a person says beside the repository.

    `name` is the fleet's (`fallback` where neither says one). `environments` are clusters' paths by
    environment, in place of those that are inferred; `after` says what an environment comes after.
    `forge` and `project` are those of the repository, None where its sync source shall tell.
    """

    name: str | None = None
    fallback: str = "fleet"
    forge: str | None = None
    project: str | None = None
    environments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adopted:
    """The tree with the files that were missing, and what was found."""

    tree: Tree
    report: Report


def adopt(tree: Tree, answers: AdoptAnswers, seen: Callable[[], object] = lambda: None) -> Adopted:
    """`tree` with a fleet.yaml and a description of every app; the same when they are there.

    `seen` is called for each file that is looked at, so that somebody can say how far it is.

    Raises:
        InvalidInput: nothing looks like a cluster, an answer is wrong, a file of Fairlead's is, or
            Flux would apply what is written.
    """
    found, environments, notes = _fleet(tree, answers)
    fleet = Fleet.read(found)
    sites = survey(tree, seen).sites
    alone = [(at[0], s) for s in sites if len(at := fleet.reach.environments(s.path)) == 1]
    described, left = _described(fleet, environments, alone)
    owners = Owners.of(tree)
    words = frozenset[str]().union(*(each.words for each in environments))
    teams = {app: owners.team(app.sites, words) for app in described}
    after = Fleet.read(found.replace(dict(app_files(teams))))
    _refuse_reached(after)
    pins = tuple(_pins(after))
    placed = _placed(pins, alone)
    report = Report(
        environments=environments,
        notes=notes,
        placed=placed,
        left={s: left.get(s, "no app claims it") for _, s in alone if s not in placed},
        shared=tuple(_shared(fleet, sites)),
        unreached=tuple(s for s in sites if not fleet.reach.environments(s.path)),
        stuck={(p.app, p.environment): str(p.problem) for p in pins if p.problem is not None},
        new=tuple(app.name for app in described),
        unowned=tuple(app.name for app, team in teams.items() if team == NOBODY),
    )
    return Adopted(after.tree, report)


_ELSEWHERE = "the fleet keeps its apps below apps/: describe it there, as `fairlead add app` does"


def _described(
    fleet: Fleet, environments: Sequence[Environment], alone: Sequence[Placed]
) -> tuple[tuple[App, ...], dict[Site, str]]:
    """The apps of the sites that no app has yet, and why some of these are no app's."""
    known = {_key(site) for pin in _pins(fleet) for site in pin.sites}
    fresh = [(environment, site) for environment, site in alone if _key(site) not in known]
    if fleet.config.fleet.apps != APPS:
        return (), {site: _ELSEWHERE for _, site in fresh}
    words = {each.name: each.words for each in environments}
    found, left = streams(fresh, lambda name: words[name])
    return apps(found, {*fleet.apps, *fleet.config.broken}), left


def _fleet(
    tree: Tree, answers: AdoptAnswers
) -> tuple[Tree, tuple[Environment, ...], tuple[str, ...]]:
    """The tree with a fleet.yaml, the environments in it, and what a person should know of them."""
    if FLEET_FILE in tree:
        fleet = Fleet.read(tree)
        _refuse_other(fleet, answers)
        return tree, _written(fleet), ()
    roots = sync_roots(tree)
    environments = _environments(tree, answers, roots)
    identity = identity_of(
        roots,
        name=answers.name,
        fallback=answers.fallback,
        forge=answers.forge,
        project=answers.project,
    )
    data = fleet_file(identity, environments, Owners.of(tree).people)
    return (
        tree.replace({FLEET_FILE: data}),
        environments,
        tuple(_notes(roots, environments, identity)),
    )


def _written(fleet: Fleet) -> tuple[Environment, ...]:
    """The environments as fleet.yaml has them, which is the last word."""
    named = {e.name: {c.name: c.path for c in e.clusters} for e in fleet.config.fleet.environments}
    after = {e.name: e.after for e in fleet.config.fleet.environments}
    known = {e.name: replace(e, after=None, why="fleet.yaml says so") for e in ordered(named, {})}
    return tuple(replace(known[name], after=after[name]) for name in fleet.environments)


def _refuse_other(fleet: Fleet, answers: AdoptAnswers) -> None:
    """Refuse answers that fleet.yaml, which is there, does not give.

    Raises:
        InvalidInput: it says something else.
    """
    said = fleet.config.fleet
    roots = {name: set(paths) for name, paths in fleet.config.roots.items()}
    wanted = {name: {_bare(p) for p in paths} for name, paths in answers.environments.items()}
    after = {e.name: e.after for e in said.environments}
    wrong = {
        "--name": answers.name not in {None, said.name},
        "--forge": answers.forge not in {None, said.forge.kind},
        "--project": answers.project not in {None, said.forge.project},
        "--environment": bool(wanted) and wanted != roots,
        "--after": any(after.get(name) != before for name, before in answers.after.items()),
    }
    for flag in (flag for flag, differs in wrong.items() if differs):
        hint = f"change it there, and leave out {flag}"
        told = f"is here already and says something else than {flag}"
        raise InvalidInput(told, hint, Place(FLEET_FILE))


def _bare(path: str) -> str:
    return path.removeprefix("./").rstrip("/") or "."


def _environments(
    tree: Tree, answers: AdoptAnswers, roots: Sequence[Root]
) -> tuple[Environment, ...]:
    if not answers.environments:
        if not roots:
            told = "nothing here looks like the directory of a cluster that Flux starts from"
            raise InvalidInput(told, "say --environment NAME=PATH for each cluster")
        return inferred(roots, answers.after)
    named: dict[str, dict[str, str]] = {}
    for environment, paths in answers.environments.items():
        if labelled(environment) != environment:
            told = f"--environment: {environment!r} is no name for an environment"
            raise InvalidInput(told, f"write it as {labelled(environment) or 'prod'}")
        for path in paths:
            bare = _bare(path)
            if bare != "." and not any(each.startswith(f"{bare}/") for each in tree):
                raise InvalidInput(f"--environment {environment}={path}: no such directory")
            cluster = environment if len(paths) == 1 else bare.rpartition("/")[2]
            named.setdefault(environment, {})[cluster] = bare
    return ordered(named, answers.after)


def _notes(
    roots: Sequence[Root], environments: Sequence[Environment], identity: Identity
) -> Iterator[str]:
    """What a person should know of the clusters: what told of each, and what they follow."""
    listed = {path for each in environments for path in each.clusters.values()}
    for root in roots:
        if root.path not in listed:
            yield f"{root.path} is no environment's, although {root.why} ({root.place})"
            continue
        yield f"{root.path}: {root.why} ({root.place})"
        if root.ref and root.branch != identity.branch:
            yield (
                f"{root.path} follows {root.ref}, not the branch {identity.branch}: a merge gets "
                "there when that moves"
            )


def _pins(fleet: Fleet) -> Iterator[Pin]:
    for app in fleet.apps:
        for environment in fleet.environments:
            pin = fleet.pin(environment, app)
            if pin is not None:
                yield pin


def _placed(pins: Sequence[Pin], alone: Sequence[Placed]) -> dict[Site, str]:
    """The app of each site that is in a pin."""
    owner = {_key(site): pin.app for pin in pins for site in pin.sites}
    return {site: owner[_key(site)] for _, site in alone if _key(site) in owner}


def _shared(fleet: Fleet, sites: Sequence[Site]) -> Iterator[Shared]:
    for site in sites:
        environments = fleet.reach.environments(site.path)
        if len(environments) > 1:
            chains = fleet.reach.paths[site.path]
            yield Shared(site, {each: chains[each] for each in environments})


def _refuse_reached(fleet: Fleet) -> None:
    """Refuse what Flux would apply as a manifest.

    Raises:
        InvalidInput: an environment reaches fleet.yaml or an app's file.
    """
    ours = [path for path in fleet.reach.paths if path == FLEET_FILE or path.startswith(APPS)]
    for path in ours[:1]:
        environment, chain = next(iter(fleet.reach.paths[path].items()))
        where = environment or "every environment"
        told = f"Flux would apply it in {where} ({' | '.join(chain)}); nothing was written"
        hint = "put a kustomization.yaml that lists what to apply where the path sweeps everything"
        raise InvalidInput(told, hint, Place(path))


def _key(site: Site) -> _Key:
    return site.path, site.document, site.address
