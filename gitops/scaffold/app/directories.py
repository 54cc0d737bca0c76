"""Where an app's files lie: its directory, and the Flux Kustomizations that apply it.

`base/` is the app. Where its database is migrated before a version starts, what the app stands on
is needed earlier, and lies in `ground/`. The Job lies in `migration/`. `envs/ENVIRONMENT/` puts
them together, with the version and what else differs there.
"""

from collections.abc import Iterable

from gitops.document import Address
from gitops.fleet import Fleet
from gitops.scaffold.alert_files import by_statuses
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Migrations, Store
from gitops.scaffold.app.chart import chart_files
from gitops.scaffold.app.components import component_files
from gitops.scaffold.app.exposing import exposing
from gitops.scaffold.app.ground import ground
from gitops.scaffold.app.migration import TIMEOUT, migration
from gitops.scaffold.app.network import policies
from gitops.scaffold.app.overlays import GROUND, POST, PRE, SMOKE, Site, environment_files
from gitops.scaffold.app.parts import LABELS, NAME, Files, Resource, kustomization
from gitops.scaffold.app.presets import literals
from gitops.scaffold.app.references import FILE, references
from gitops.scaffold.app.scaling import scaling
from gitops.scaffold.app.smoke import smoke
from gitops.scaffold.app.workload import workloads
from gitops.scaffold.placement import Placement, app_placements
from gitops.scaffold.template import filled, template

_WAITS: Address = ("spec", "dependsOn")
_OFTEN = "10m"


def app_files(fleet: Fleet, answers: AppAnswers) -> Files:
    """Every file of an app but its app.yaml, and the Components that it takes part in."""
    root = f"apps/{answers.name}"
    before = answers.migrations is Migrations.PRE
    own = [*workloads(answers), *chart_files(answers), *scaling(answers), *exposing(answers)]
    below = [*ground(answers), *policies(answers)]
    yield from _base(answers, f"{root}/base", own if before else [*below, *own])
    if before:
        yield from _directory(f"{root}/{GROUND}", below)
    jobs = list(migration(answers))
    if jobs:
        yield from _directory(f"{root}/migration", jobs)
    asking = list(smoke(answers))
    if asking:
        yield from _directory(
            f"{root}/{SMOKE}", asking, configuration=template("app/smoke-config.yaml")
        )
    used: set[str] = set()
    for placed in app_placements(fleet):
        first, last = fleet.environments[0], fleet.environments[-1]
        site = Site(placed, root, first == placed.environment, last == placed.environment)
        yield from environment_files(answers, site, used)
        often = by_statuses(fleet.tree)
        yield from _applied(answers, placed, f"{root}/envs/{placed.environment}", often=often)
    yield from component_files(used)


def _base(answers: AppAnswers, directory: str, resources: Iterable[Resource]) -> Files:
    if answers.chart is None:
        yield from _directory(directory, resources, literals(answers), answers.name)
        return
    found = list(resources)
    values: dict[Address, str] = {("resources", i): each.file for i, each in enumerate(found)}
    values["configMapGenerator", 0, "name"] = f"{answers.name}-values"
    grown: dict[Address, int] = {("resources",): len(found)}
    yield f"{directory}/kustomization.yaml", filled("app/base-chart.yaml", values, grown=grown)
    told = references(found)
    if told is not None:
        yield f"{directory}/{FILE}", told
    yield f"{directory}/values.yaml", template("app/values")
    for each in found:
        yield f"{directory}/{each.file}", each.data


def _directory(
    directory: str,
    resources: Iterable[Resource],
    texts: Iterable[str] = (),
    config: str = "",
    configuration: bytes | None = None,
) -> Files:
    found = list(resources)
    told = configuration or references(found)
    names = [each.file for each in found]
    data = kustomization(
        "app/base.yaml", names, texts, generated=config, configured=told is not None
    )
    yield f"{directory}/kustomization.yaml", data
    if told is not None:
        yield f"{directory}/{FILE}", told
    for each in found:
        yield f"{directory}/{each.file}", each.data


def _applied(answers: AppAnswers, placed: Placement, own: str, *, often: bool) -> Files:
    """The Flux Kustomizations of an app on one cluster: its own, and that of its migration.

    Where Flux alone looks how the app does, it looks `often` enough for a soak.
    """
    encrypted = answers.secrets.store is Store.SOPS
    below = f"{placed.path}/apps"

    def written(name: str, path: str, after: str | None, *, job: bool = False) -> tuple[str, bytes]:
        values: dict[Address, str] = {NAME: placed.named(name), ("spec", "path"): f"./{path}"}
        if often:
            values["spec", "interval"] = _OFTEN
        gone: list[Address] = []
        if after is None:
            gone.append(_WAITS)
        else:
            values[(*_WAITS, 0, "name")] = placed.named(after)
        if job:
            values["spec", "timeout"] = TIMEOUT
        else:
            gone.append(LABELS)
        data = placed.filled("app/flux.yaml", values, *gone, secrets=encrypted, own=job)
        return f"{below}/{name}.yaml", data

    app = answers.name
    before, after = f"{app}-{PRE}", f"{app}-{POST}"
    first = before if answers.migrations is Migrations.PRE else None
    yield written(app, own, first)
    if answers.migrations is Migrations.PRE:
        yield written(before, f"{own}/{PRE}", None, job=True)
    elif answers.migrations is Migrations.POST:
        yield written(after, f"{own}/{POST}", app, job=True)
    if answers.smoke:
        late = after if answers.migrations is Migrations.POST else app
        yield written(f"{app}-{SMOKE}", f"{own}/{SMOKE}", late)
