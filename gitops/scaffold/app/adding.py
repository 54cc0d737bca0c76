"""`add app`: the files of an app, laid into a fleet and proven to be what the bot can move."""

from collections.abc import Iterator

from gitops.config.faults import nearest
from gitops.config.json_schema import STORED, json_schema_text
from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.names import ALL
from gitops.scaffold.app.configuration import app_file
from gitops.scaffold.app.directories import app_files
from gitops.scaffold.app.parts import Files
from gitops.scaffold.concerned import added
from gitops.scaffold.namespaces import refuse_app_namespaces
from gitops.scaffold.new import laid
from gitops.scaffold.owners import with_owner
from gitops.scaffold.placement import app_placements, refuse_absent, refuse_taken
from gitops.scaffold.registries import logged_in, logins
from gitops.scaffold.versions import settings_of
from gitops.tree import Tree


def add_app(tree: Tree, answers: AppAnswers) -> Tree:
    """`tree` with an app in every environment and on every cluster; the same when it is there.

    In each environment the app is unreleased and suspended, or at the version that was answered.
    An app that has moved on since is there, whatever the answers say of its versions. A Component
    that is there stays as it is, whatever it says.

    Raises:
        InvalidInput: an answer is wrong, a file is in the way, or the result would be no fleet in
            which the app has a pin everywhere.
    """
    return added(tree, lambda part: _added(part, answers), [answers.name], _artifacts(answers))


def _added(tree: Tree, answers: AppAnswers) -> Tree:
    """As `add_app`, of a fleet or of the part of it that the app concerns."""
    fleet = Fleet.read(tree)
    _check_environments(fleet, answers)
    _check_variables(fleet, answers)
    refuse_absent(fleet)
    _check_ground(fleet, answers.name)
    refuse_taken(fleet, answers.name)
    refuse_app_namespaces(fleet, answers.name)
    written = logged_in(dict(_files(fleet, answers)), logins(tree))
    if _there(fleet, answers, written):
        return tree
    # A fleet that was made before there were schemas gets the one that app.yaml names.
    schema = {STORED["app"]: json_schema_text("app").encode()}
    suspended = laid(tree, written | schema)
    _prove(suspended, answers.name)
    owned = with_owner(suspended, fleet.config.fleet, answers.name, answers.team)
    return _released(owned, answers)


def _files(fleet: Fleet, answers: AppAnswers) -> Files:
    yield fleet.config.app_file(answers.name), app_file(fleet, answers)
    for path, data in app_files(fleet, answers):
        common = path.startswith("components/") and path in fleet.tree
        yield path, fleet.tree.read(path) if common else data


def _check_ground(fleet: Fleet, app: str) -> None:
    """Refuse a fleet of another layout in which the app's files would mean something else.

    Raises:
        InvalidInput: its directory is somebody else's, or a cluster has no variables for it.
    """
    for at in app_placements(fleet):
        path = f"{at.path}/cluster-vars.yaml"
        if path not in fleet.tree:
            told = f"{at.cluster} of {at.environment} has no variables, which apps are filled from"
            hint = "write a ConfigMap with environment, cluster and domain, as `fairlead new` does"
            raise InvalidInput(told, f"{hint}; {at.variables} is its name", Place(path))
    if fleet.config.app_file(app) in fleet.tree or fleet.config.fleet.apps == "apps":
        return
    if fleet.tree.below(f"apps/{app}"):
        told = "is no app's: this fleet describes its apps elsewhere"
        raise InvalidInput(told, "give the app another name", Place(f"apps/{app}"))


def _check_environments(fleet: Fleet, answers: AppAnswers) -> None:
    """Refuse answers about an environment that the fleet has not, or that do not fit it.

    Raises:
        InvalidInput: the first of them.
    """
    known = fleet.environments
    for environment in _named(answers):
        if environment not in known:
            raise InvalidInput(f"no environment {environment!r}", nearest(environment, known))
    hosts, traffic = answers.traffic.hosts, answers.traffic
    missing = [e for e in known if e not in hosts]
    if hosts and traffic.host is None and missing:
        hint = f"add --host {missing[0]}=HOST, or --host LABEL for those that have none"
        raise InvalidInput(f"{missing[0]} has no host", hint)
    least = {e: n for e, n in answers.scaling.replicas.items() if e != known[0]}
    least |= {e: n for e, (n, _) in answers.scaling.bounds.items() if e != known[0]}
    for environment, count in least.items():
        if count < 2:
            told = f"one pod alone in {environment or 'every environment'} is down with its node"
            hint = "ask for 2 or more, or say --strategy Recreate where there can be only one"
            raise InvalidInput(told, hint)


def _check_variables(fleet: Fleet, answers: AppAnswers) -> None:
    """Refuse a value that names what a cluster does not know: Flux would apply nothing at all.

    Raises:
        InvalidInput: the first of them.
    """
    for placed in app_placements(fleet):
        path = f"{placed.path}/cluster-vars.yaml"
        read = documents(path, fleet.tree.read(path)) if path in fleet.tree else ()
        known = [str(key) for each in read for key in each.keys("data")]
        for each in answers.variables:
            if each.environment not in {ALL, placed.environment}:
                continue
            for name in each.references:
                if name not in known:
                    told = f"the value of {each.key} names ${{{name}}}, which {path} has not"
                    hint = f"add it there, or write $${{{name}}} for the text itself"
                    raise InvalidInput(told, hint)


def _named(answers: AppAnswers) -> Iterator[str]:
    """Every environment that an answer names."""
    yield from answers.versions
    yield from answers.scaling.replicas
    yield from (each for each in answers.scaling.bounds if each)
    yield from answers.traffic.hosts
    yield from answers.roles
    yield from (each.environment for each in answers.variables if each.environment)


def _there(fleet: Fleet, answers: AppAnswers, written: dict[str, bytes]) -> bool:
    """Whether this very app is there, at whatever versions."""
    said = fleet.config.app_file(answers.name)
    if said not in fleet.tree or fleet.tree[said].data != written[said]:
        return False
    return written.keys() <= fleet.tree.keys()


def _artifacts(answers: AppAnswers) -> tuple[str, ...]:
    return (*answers.images, *([answers.chart.artifact] if answers.chart else ()))


def _released(tree: Tree, answers: AppAnswers) -> Tree:
    names = answers.images or _artifacts(answers)
    for environment, versions in answers.versions.items():
        settings = settings_of(names, versions)
        tree = Fleet.read(tree).set_pin(environment, answers.name, settings)
    return tree


def _prove(tree: Tree, app: str) -> None:
    """Refuse a result that the bot could not move.

    Raises:
        InvalidInput: the app's configuration or one of its pins is wrong, for example since the
            fleet's layout is another than `new` writes.
    """
    fleet = Fleet.read(tree)
    broken = fleet.config.broken.get(app)
    if broken is not None:
        # Its place is in a file that nobody will find.
        raise InvalidInput(f"{broken.message}; nothing was written", broken.hint)
    for environment in fleet.environments:
        pin = fleet.pin(environment, app)
        if pin is None:
            path = f"apps/{app}/envs/{environment}/version/kustomization.yaml"
            told = f"nothing in {environment} would reach this file; nothing was written"
            hint = "let the clusters there apply the directory apps/ below their own"
            raise InvalidInput(told, hint, Place(path))
        if pin.problem is not None:
            raise pin.problem
