"""A chart of our own, rendered by Helm with the values that an app of a chart has."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.kustomize import Kustomize
from gitops.fleet import Fleet, Setting
from gitops.network import INTERNET, Network
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object
from gitops.rendering.rendering import rendering
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.conftest import ROOT
from tests.golden.app_trees import FLEETS, told
from tests.real import helm

pytestmark = pytest.mark.real

CHART = ROOT / "tests" / "charts" / "web"
IMAGE = "registry.example.com/shop/web"
KINDS = {
    "helm": "--kind helm --chart web --repository https://charts.example.com",
    "oci-chart": "--kind oci-chart --chart oci://registry.example.com/charts/web",
}
RELEASED = "--chart-version 2.1.0 --image registry.example.com/shop/web --source"
BASE = """\
replicaCount: 2
resources:
  requests: {cpu: 50m, memory: 64Mi}
  limits: {memory: 128Mi}
probes:
  live: {failureThreshold: 6}
"""
OWN = {
    "stage": "probes: {ready: {path: /ready}}\n",
    "prod": "replicaCount: 3\nresources: {requests: {cpu: 200m}}\n",
}
VERSIONS = {"dev": "v1.2.0", "stage": "v1.1.0", "prod": "v1.0.0"}
DIGEST = "sha256:" + "7" * 64


@pytest.fixture(scope="module")
def program() -> Path:
    return helm.get()


def fleet(kind: str, topology: Topology = Topology.PER_ENVIRONMENT) -> Tree:
    """An app whose image is released, with values as a person would write them, and its pins."""
    flags = f"--team shop {KINDS[kind]} {RELEASED} https://git.example.com/shop/web.git"
    tree = add_app(FLEETS[topology], told("web", flags))
    written = {"apps/web/base/values.yaml": BASE.encode()}
    written |= {f"apps/web/envs/{e}/values.yaml": text.encode() for e, text in OWN.items()}
    tree = tree.replace(written)
    for environment, version in VERSIONS.items():
        setting = Setting(IMAGE, version, DIGEST)
        tree = Fleet.read(tree).set_pin(environment, "web", [setting])
    return tree


def of_app(kustomize: str, tree: Tree, environment: str) -> tuple[Object, ...]:
    read = Fleet.read(tree)
    builds = [e for e in builds_of(read, environment) if e.directory.startswith("apps/")]
    done = rendering(read, Kustomize(kustomize).builds, builds)
    assert done.failed == ()
    return tuple(o for each in done.rendered for o in each.objects)


def values(objects: tuple[Object, ...]) -> Iterator[str]:
    """What Flux gives Helm, each over those before it: `valuesFrom` in its order, then `values`.

    Source: https://fluxcd.io/flux/components/helm/helmreleases/#values.
    """
    [release] = [o for o in objects if o.kind == "HelmRelease"]
    config = {o.name: o for o in objects if o.kind == "ConfigMap"}
    sources = release.at("spec", "valuesFrom")
    assert isinstance(sources, list)
    for each in sources:
        yield config[each["name"]].text_at("data", each["valuesKey"])
    yield json.dumps(release.mapping_at("spec", "values"))


def rendered(program: Path, at: Path, given: Iterator[str], *more: str) -> Mapping[str, Any]:
    """What Helm makes of the chart, by kind."""
    words = [str(program), "template", "web", str(CHART), "--namespace", "web", *more]
    for number, text in enumerate(given):
        path = at / f"{number}.yaml"
        path.write_text(text)
        words += ["--values", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {each["kind"]: each for each in yaml.safe_load_all(done.stdout) if each}


EXPECTED = {
    "dev": (2, {"cpu": "50m", "memory": "64Mi"}, "/readyz"),
    "stage": (2, {"cpu": "50m", "memory": "64Mi"}, "/ready"),
    "prod": (3, {"cpu": "200m", "memory": "64Mi"}, "/readyz"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("environment", EXPECTED)
def test_helm_renders_what_an_environment_says(
    kind: str, environment: str, kustomize: str, program: Path, tmp_path: Path
) -> None:
    objects = of_app(kustomize, fleet(kind), environment)
    found = rendered(program, tmp_path, values(objects))
    replicas, requests, ready = EXPECTED[environment]
    spec = found["Deployment"]["spec"]
    [container] = spec["template"]["spec"]["containers"]
    assert container["image"] == f"{IMAGE}:{VERSIONS[environment]}@{DIGEST}"
    assert spec["replicas"] == replicas
    assert container["resources"] == {"requests": requests, "limits": {"memory": "128Mi"}}
    live = container["livenessProbe"]
    assert (live["httpGet"]["path"], live["failureThreshold"]) == ("/healthz", 6)
    assert container["readinessProbe"]["httpGet"]["path"] == ready
    assert "HorizontalPodAutoscaler" not in found


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_that_is_released_brings_its_own_image(
    kind: str, kustomize: str, program: Path, tmp_path: Path
) -> None:
    tree = add_app(
        FLEETS[Topology.SINGLE], told("web", f"--team shop --range >=2.0.0 {KINDS[kind]}")
    )
    name = "web" if kind == "helm" else "registry.example.com/charts/web"
    tree = Fleet.read(tree).set_pin("prod", "web", [Setting(name, "2.1.0", None)])
    objects = of_app(kustomize, tree, "prod")
    given = tuple(values(objects))
    found = rendered(program, tmp_path, iter(given))
    [container] = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    # Nothing is said, so that the chart's own values are what there is.
    assert container["image"] == "registry.example.com/nobody/web:6.0.0"
    assert found["Deployment"]["spec"]["replicas"] == 1
    said = json.dumps([o.data for o in objects if o.kind in {"HelmRelease", "OCIRepository"}])
    assert found["Deployment"]["metadata"]["labels"]["helm.sh/chart"] == "web-2.1.0"
    assert '"2.1.0"' in said


def test_policies_meet_the_pods_of_a_chart(kustomize: str, program: Path, tmp_path: Path) -> None:
    flags = f"--team shop --range >=2.0.0 {KINDS['helm']} --allow-from shop"
    tree = add_app(FLEETS[Topology.PER_ENVIRONMENT], told("web", flags))
    objects = of_app(kustomize, tree, "dev")
    pods = rendered(program, tmp_path, values(objects))["Deployment"]
    labels = {"app.kubernetes.io/part-of": "shop"}
    caller = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "shop", "labels": labels},
        "spec": {"containers": [{"name": "shop", "image": "shop"}]},
    }
    found = Network.read([*(o.data for o in objects), pods, caller])
    [web] = [each for each in found.pods if each.namespace == "web"]
    [shop] = [each for each in found.pods if each.namespace == "shop"]
    assert found.allows(shop, web, 9898).allowed
    assert found.allows(INTERNET, web, 9898).denied
