"""What the scaffolder writes builds, is valid and is nothing to complain of, however it is told."""

import itertools
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.kubernetes_schemas import newest
from gitops.check import Severity, checked
from gitops.check.rendered import Rendered
from gitops.check.rendered_rules import rendered_findings
from gitops.check.schemas import Schemas
from gitops.errors import Place
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object, Output
from gitops.rendering.rendering import Rendering, rendering
from gitops.tree import Tree
from tests.golden.closures import Remembering
from tests.golden.matrix import DIMENSIONS, Row, rows

ROWS = tuple(rows())


def test_every_two_choices_meet() -> None:
    assert len(ROWS) >= 40
    for one, other in itertools.combinations(DIMENSIONS, 2):
        met = {(row.choices[one], row.choices[other]) for row in ROWS}
        assert met == set(itertools.product(DIMENSIONS[one], DIMENSIONS[other])), (one, other)


def test_they_are_the_same_in_every_run() -> None:
    assert tuple(rows()) == ROWS
    assert len({str(row) for row in ROWS}) == len(ROWS)


@pytest.fixture(scope="module")
def remembering(kustomize: str) -> Remembering:
    """One for all fleets: much of them is the same."""
    return Remembering(kustomize)


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    """Kubernetes' own, and those of what Flux and the platform's components bring."""
    found: dict[str, bytes] = {}
    with tarfile.open(shared / "schemas" / "schemas.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None and member.name.endswith(".json"):
                found[member.name.removeprefix("./")] = file.read()
    kubernetes = newest()
    assert kubernetes is not None, "the test group of pyproject.toml brings kubernetes-validate"
    return Schemas([kubernetes, Tree.of(found)])


def rendered(tree: Tree, remembering: Remembering) -> Rendering:
    """Everything that Flux applies."""
    fleet = Fleet.read(tree)
    return rendering(fleet, remembering.builds, builds_of(fleet))


def collisions(done: Rendering) -> list[tuple[str, ...]]:
    """What is applied more than once to a cluster."""
    keys = Counter(
        (each.cluster, found.group, found.kind, found.namespace, found.name)
        for each in done.rendered
        for found in each.objects
    )
    return [key for key, count in keys.items() if count > 1]


def hosts(done: Rendering) -> Counter[tuple[str, str]]:
    """How many routes of a cluster answer for each host."""
    return Counter(
        (each.cluster, str(host))
        for each in done.rendered
        for found in each.objects
        for host in _hosts_of(found)
    )


def _hosts_of(found: Object) -> list[object]:
    if found.kind == "Ingress":
        rules = found.at("spec", "rules")
        count = len(rules) if isinstance(rules, list) else 0
        return [found.at("spec", "rules", index, "host") for index in range(count)]
    names = found.at("spec", "hostnames") if found.kind == "HTTPRoute" else None
    return names if isinstance(names, list) else []


@dataclass(frozen=True)
class Made:
    """A fleet of the matrix, and all that Flux applies of it."""

    row: Row
    tree: Tree
    done: Rendering


@pytest.fixture(scope="module", params=ROWS, ids=str)
def made(request: pytest.FixtureRequest, remembering: Remembering) -> Made:
    """Each fleet in turn, rendered once."""
    tree = request.param.tree()
    return Made(request.param, tree, rendered(tree, remembering))


@pytest.mark.real
@pytest.mark.slow
def test_a_fleet_builds_and_nothing_collides(made: Made) -> None:
    """As far as it can be tried without the reference material."""
    done = made.done
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    assert [(each.path, each.unknown) for each in done.rendered if each.unknown] == []
    assert collisions(done) == []
    assert [host for host, count in hosts(done).items() if count > 1] == []
    built = {each.path for each in done.rendered}
    row = made.row
    assert built >= {f"apps/{app}/envs/{e}" for app in row.names for e in row.environments}
    assert built >= {path.rpartition("/")[0] for path in made.tree if is_applied(path)}
    clusters = {root for roots in Fleet.read(made.tree).config.roots.values() for root in roots}
    assert len(clusters) >= len(row.environments)
    assert built >= clusters


@pytest.mark.real
@pytest.mark.slow
def test_a_fleet_builds_is_valid_and_is_nothing_to_complain_of(
    made: Made, remembering: Remembering, schemas: Schemas
) -> None:
    test_a_fleet_builds_and_nothing_collides(made)
    for each in made.done.rendered:
        about = Rendered(each.environment, each.cluster, each.app, each.path, each.objects)
        assert [str(found) for found in schemas(about)] == []
    assert dict(schemas.missing) == {}
    report = checked(made.tree, (), rendered_findings(remembering.builds))
    assert [str(each) for each in report.findings if each.severity is not Severity.INFO] == []


def test_what_is_made_twice_is_a_collision() -> None:
    """And no less where two directories of one cluster make it."""
    place = Place("namespace.yaml")
    one = Object({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}, place)
    other = Object({**one.data, "metadata": {"name": "b"}}, place)

    def output(cluster: str, path: str, *objects: Object) -> Output:
        return Output("dev", cluster, None, path, objects)

    apart = (output("dev-1", "a", one), output("dev-1", "b", other), output("dev-2", "a", one))
    assert collisions(Rendering(apart, ())) == []
    twice = (*apart, output("dev-1", "c", one))
    assert collisions(Rendering(twice, ())) == [("dev-1", "", "Namespace", "", "a")]


def is_applied(path: str) -> bool:
    """Whether it is the kustomization.yaml of what belongs to an environment, or to all."""
    steps = path.split("/")
    applied = steps[0] in {"infrastructure", "tenants"} and steps[-3] == "envs"
    return applied and steps[-1] == "kustomization.yaml"
