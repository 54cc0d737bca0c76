"""`add app`: the files of an app in a fleet that is there."""

from collections.abc import Iterator

from gitops.config.faults import nearest
from gitops.config.json_schema import STORED, json_schema_text
from gitops.document import Address
from gitops.edit import reads_as_string
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.new import laid
from gitops.scaffold.owners import with_owner
from gitops.scaffold.placement import app_placements, refuse_taken
from gitops.scaffold.template import Values, filled
from gitops.scaffold.versions import settings_of
from gitops.tree import Tree

BUILD = "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"
"""How CI is taken to tag the image of a build, until somebody says otherwise."""

_NAME: Address = ("metadata", "name")
_PORT = b"containerPort: 8080\n"
_LABEL = "app.kubernetes.io/name"


def add_app(tree: Tree, answers: AppAnswers) -> Tree:
    """`tree` with an app in every environment and on every cluster; the same when it is there.

    In each environment the app is unreleased and suspended, or at the version that was answered.
    An app that has moved on since is there, whatever the answers say of its versions.

    Raises:
        InvalidInput: an answer is wrong, a file is in the way, or the result would be no fleet in
            which the app has a pin everywhere.
    """
    fleet = Fleet.read(tree)
    for environment in answers.versions:
        if environment not in fleet.environments:
            raise InvalidInput(
                f"no environment {environment!r}", nearest(environment, fleet.environments)
            )
    refuse_taken(fleet, answers.name)
    written = dict(_files(fleet, answers))
    if _there(fleet, answers, written):
        return tree
    # A fleet that was made before there were schemas gets the one that app.yaml names.
    schema = {STORED["app"]: json_schema_text("app").encode()}
    suspended = laid(tree, written | schema)
    _prove(suspended, answers.name)
    owned = with_owner(suspended, fleet.config.fleet, answers.name, answers.team)
    return _released(owned, answers)


def _there(fleet: Fleet, answers: AppAnswers, written: dict[str, bytes]) -> bool:
    """Whether this very app is there, at whatever versions."""
    said = f"apps/{answers.name}/app.yaml"
    if said not in fleet.tree or fleet.tree[said].data != written[said]:
        return False
    return written.keys() <= fleet.tree.keys()


def _released(tree: Tree, answers: AppAnswers) -> Tree:
    for environment, versions in answers.versions.items():
        settings = settings_of(answers.images, versions)
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


def _files(fleet: Fleet, answers: AppAnswers) -> Iterator[tuple[str, bytes]]:
    root = f"apps/{answers.name}"
    yield f"{root}/app.yaml", _app(fleet, answers)
    yield from _base(answers, f"{root}/base")
    for placed in app_placements(fleet):
        own = f"{root}/envs/{placed.environment}"
        name = placed.named(answers.name)
        yield f"{own}/kustomization.yaml", filled("app/environment.yaml", {("namespace",): name})
        yield f"{own}/version/kustomization.yaml", _version(answers)
        flux: Values = {_NAME: name, ("spec", "path"): f"./{own}"}
        yield f"{placed.path}/apps/{answers.name}.yaml", placed.filled("app/flux.yaml", flux)


def _app(fleet: Fleet, answers: AppAnswers) -> bytes:
    count = len(answers.images)
    values: dict[Address, str] = {("name",): answers.name, ("team",): answers.team}
    for index, image in enumerate(answers.images):
        values["artifacts", index, "image"] = image
        values["artifacts", index, "tag"] = answers.tag
    if answers.source is None:
        first = [e.name for e in fleet.config.fleet.environments if e.after is None]
        values["environments", "dev", "follow", "range"] = str(answers.range)
        data = filled("app/app-range.yaml", values, grown={("artifacts",): count})
        return _following(data, first)
    values["source", "url"] = answers.source
    for index in range(count):
        values["artifacts", index, "build"] = answers.build or BUILD
    return filled("app/app.yaml", values, grown={("artifacts",): count})


def _following(data: bytes, environments: list[str]) -> bytes:
    """The template's one environment that follows a range, repeated for each of these."""
    head, _, block = data.decode().partition("  dev:\n")
    keys = [e if reads_as_string(e) else f'"{e}"' for e in environments]
    return (head + "".join(f"  {k}:\n{block}" for k in keys)).encode()


def _version(answers: AppAnswers) -> bytes:
    images = answers.images
    values: Values = {("images", index, "name"): image for index, image in enumerate(images)}
    return filled("app/version.yaml", values, grown={("images",): len(images)})


def _base(answers: AppAnswers, root: str) -> Iterator[tuple[str, bytes]]:
    own = ["namespace.yaml", "service-account.yaml"]
    named: Values = {_NAME: answers.name}
    yield f"{root}/namespace.yaml", filled("app/namespace.yaml", named)
    yield f"{root}/service-account.yaml", filled("app/service-account.yaml", named)
    for workload, image in zip(answers.workloads, answers.images, strict=True):
        prefix = "" if workload == answers.name else f"{workload}-"
        own += [f"{prefix}deployment.yaml", f"{prefix}service.yaml"]
        yield f"{root}/{prefix}deployment.yaml", _deployment(answers, workload, image)
        yield f"{root}/{prefix}service.yaml", _service(workload)
    resources: Values = {("resources", index): path for index, path in enumerate(own)}
    data = filled("app/base.yaml", resources, grown={("resources",): len(own)})
    yield f"{root}/kustomization.yaml", data


def _deployment(answers: AppAnswers, workload: str, image: str) -> bytes:
    pod: Address = ("spec", "template", "spec")
    container: Address = (*pod, "containers", 0)
    values = {
        _NAME: workload,
        ("metadata", "labels", _LABEL): workload,
        ("spec", "selector", "matchLabels", _LABEL): workload,
        ("spec", "template", "metadata", "labels", _LABEL): workload,
        (*pod, "serviceAccountName"): answers.name,
        (*container, "name"): workload,
        (*container, "image"): image,
    }
    data = filled("app/deployment.yaml", values)
    # A number: `edit` writes texts only.
    return data.replace(_PORT, b"containerPort: %d\n" % answers.port)


def _service(workload: str) -> bytes:
    values: Values = {
        _NAME: workload,
        ("metadata", "labels", _LABEL): workload,
        ("spec", "selector", _LABEL): workload,
    }
    return filled("app/service.yaml", values)
