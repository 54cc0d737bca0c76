"""Every component of the catalogue: as it was, as Flux would apply it, and all of them together."""

import itertools
import json
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.kubernetes_schemas import newest
from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, findings
from gitops.check.rendered import Rendered
from gitops.check.schemas import Schemas
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from gitops.scaffold.catalog import State, catalog
from gitops.scaffold.component import add_component
from gitops.tree import Tree
from tests.golden.components import DIRECTORY, FLEET, HAVE, answers, written

NAMES = tuple(catalog().components)
TOGETHER = (
    *("cert-manager", "envoy-gateway", "external-dns", "kube-prometheus-stack", "loki", "tempo"),
    *("alloy", "grafana", "flagger", "external-secrets", "sealed-secrets", "vault", "velero"),
    *("keda", "metrics-server", "vpa", "goldilocks", "trivy-operator", "kyverno", "istio"),
    *("cloudnative-pg", "opentelemetry-operator", "cluster-autoscaler", "prometheus-adapter"),
    *("prometheus-postgres-exporter", "aws-load-balancer-controller", "flux-operator"),
    *("vault-secrets-operator", "polaris", "tigera-operator", "mtls"),
)
"""What a cluster can have all at once, each after what it needs."""


@cache
def together() -> Tree:
    tree = FLEET
    for name in TOGETHER:
        tree = add_component(tree, answers(name, HAVE)).tree
    return tree


@cache
def alone(name: str) -> Tree:
    return add_component(FLEET, answers(name)).tree


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    found: dict[str, bytes] = {}
    with tarfile.open(shared / "schemas" / "schemas.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None and member.name.endswith(".json"):
                found[member.name.removeprefix("./")] = file.read()
    kubernetes = newest()
    assert kubernetes is not None
    return Schemas([kubernetes, Tree.of(found)])


@pytest.mark.parametrize("name", NAMES)
def test_a_component_is_written_as_it_was(name: str) -> None:
    kept = (DIRECTORY / f"{name}.yaml").read_text(encoding="utf-8")
    assert written(name) == kept, "python -m tests.golden.components writes it anew"


def test_no_other_component_is_kept() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.yaml")} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_retired_says_so_where_it_is_written(name: str) -> None:
    retired = catalog().components[name].state is not State.CURRENT
    assert ("# RETIRED: " in written(name)) == retired


def test_all_of_them_together_are_no_finding() -> None:
    found = [str(f) for f in findings(together()) if f.severity is not Severity.INFO]
    assert found == []


def test_in_any_order_that_their_needs_allow_they_are_all_there() -> None:
    tree = FLEET
    later = ("cert-manager", "metrics-server", "kube-prometheus-stack", "keda", "flux-operator")
    for order in itertools.islice(itertools.permutations(later), 0, 120, 17):
        tree = FLEET
        for name in order:
            tree = add_component(tree, answers(name, HAVE)).tree
        assert set(tree) == set(_five(later))


@cache
def _five(names: tuple[str, ...]) -> Tree:
    tree = FLEET
    for name in names:
        tree = add_component(tree, answers(name, HAVE)).tree
    return tree


@settings(max_examples=8)
@given(st.sets(st.sampled_from(NAMES), min_size=1, max_size=6))
def test_any_of_them_are_whole(names: set[str]) -> None:
    tree = FLEET
    for name in sorted(names):
        try:
            tree = add_component(tree, answers(name)).tree
        except InvalidInput as error:
            assert "beside which" in str(error)  # noqa: PT017 - some are, and the rest goes on
        else:
            assert add_component(tree, answers(name)).tree == tree
    fleet = Fleet.read(tree)
    assert [fleet.inventory.faulty_builds(each) for each in fleet.environments] == [(), ()]


def rendered(tree: Tree, kustomize: str) -> Rendering:
    fleet = Fleet.read(tree)
    return rendering(fleet, Kustomize(kustomize).builds, builds_of(fleet))


@pytest.mark.real
@pytest.mark.slow
def test_all_of_them_build_and_none_makes_what_another_makes(
    kustomize: str, schemas: Schemas
) -> None:
    done = rendered(together(), kustomize)
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    assert [each.path for each in done.rendered if each.unknown] == []
    seen: dict[tuple[str, ...], str] = {}
    for each in done.rendered:
        for found in each.objects:
            key = (each.cluster, found.group, found.kind, found.namespace, found.name)
            assert key not in seen, (key, each.path, seen[key])
            seen[key] = each.path
        about = Rendered(each.environment, each.cluster, each.app, each.path, each.objects)
        assert [str(finding) for finding in schemas(about)] == []
    assert json.dumps(dict(schemas.missing)) == "{}"
    assert len(done.rendered) > 2 * len(TOGETHER)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*NAMES} - {*TOGETHER}))
def test_each_of_the_others_builds_alone(name: str, kustomize: str, schemas: Schemas) -> None:
    done = rendered(alone(name), kustomize)
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    for each in done.rendered:
        about = Rendered(each.environment, each.cluster, each.app, each.path, each.objects)
        assert [str(finding) for finding in schemas(about)] == []


def _objects(done: Rendering, cluster: str) -> Mapping[tuple[str, str], Mapping[str, object]]:
    return {
        (o.kind, o.name): o.data
        for each in done.rendered
        if each.cluster == cluster
        for o in each.objects
    }


@pytest.mark.real
def test_records_of_dns_are_told_apart_by_cluster(kustomize: str) -> None:
    done = rendered(alone("external-dns"), kustomize)
    owners = set()
    for cluster in ("dev-1", "prod-1"):
        release = _objects(done, cluster)["HelmRelease", "external-dns"]
        values = release["spec"]["values"]  # type: ignore[index]
        domain = "example.com" if cluster == "prod-1" else "dev.example.com"
        assert values["domainFilters"] == [domain]
        owners.add(values["txtOwnerId"])
    assert owners == {"dev-dev-1", "prod-prod-1"}
