"""What kustomize renames, and that whatever names it says the new name: kustomize is the oracle."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops.directory import write_directory
from gitops.scaffold.answers import Topology
from gitops.scaffold.app.references import FILE
from gitops.tree import Tree
from tests.golden.app_trees import all_added
from tests.real.kustomize import built

pytestmark = [pytest.mark.real, pytest.mark.slow]

Manifest = dict[str, Any]
Name = tuple[str, str]

VARIABLES = {"environment": "dev", "cluster": "dev-1", "domain": "dev.example.com"}
KINDS = {
    "antaeus": {"HTTPRoute", "HorizontalPodAutoscaler"},
    "checkout": {"Canary", "HorizontalPodAutoscaler"},
    "mailer": {"ScaledObject", "VaultStaticSecret", "VaultAuth"},
    "podinfo": {"HelmRelease"},
    "redis": {"HelmRelease"},
    "registry": {"StatefulSet", "VaultStaticSecret", "VaultAuth"},
    "wiki": {"HelmRelease"},
}
"""Apps, and what in each names other objects of it."""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    write_directory(tmp_path, Tree({}), all_added(Topology.PER_ENVIRONMENT))
    return tmp_path


def dev(fleet: Path, app: str) -> Path:
    return fleet / "apps" / app / "envs/dev/kustomization.yaml"


def build(kustomize: str, path: Path) -> list[Manifest]:
    return built(kustomize, path.parent, VARIABLES)


def names(manifests: list[Manifest]) -> set[Name]:
    return {(each["kind"], each["metadata"]["name"]) for each in manifests}


def named(manifest: Manifest) -> Iterator[Name]:
    """What an object names of its own app."""
    spec: Any = manifest.get("spec")
    match manifest["kind"]:
        case "Canary":
            yield spec["targetRef"]["kind"], spec["targetRef"]["name"]
            yield spec["autoscalerRef"]["kind"], spec["autoscalerRef"]["name"]
            for each in spec["analysis"]["metrics"]:
                yield "MetricTemplate", each["templateRef"]["name"]
        case "ScaledObject" | "HorizontalPodAutoscaler":
            yield "Deployment", spec["scaleTargetRef"]["name"]
        case "HTTPRoute":
            yield "Service", spec["rules"][0]["backendRefs"][0]["name"]
        case "VaultStaticSecret":
            yield "VaultAuth", spec["vaultAuthRef"]
            yield from ((each["kind"], each["name"]) for each in spec["rolloutRestartTargets"])
        case "VaultAuth":
            yield "ServiceAccount", spec["kubernetes"]["serviceAccount"]
        case "HelmRelease":
            source = spec["chartRef"] if "chartRef" in spec else spec["chart"]["spec"]["sourceRef"]
            yield source["kind"], source["name"]
            yield from ((each["kind"], each["name"]) for each in spec["valuesFrom"])
        case "StatefulSet":
            yield "Service", spec["serviceName"]
        case "Deployment":
            yield from (("ConfigMap", name) for name in _configs(spec))
        case _:
            return


def _configs(deployment: Any) -> Iterator[str]:
    [container] = deployment["template"]["spec"]["containers"]
    sources = container.get("envFrom", ())
    yield from (each["configMapRef"]["name"] for each in sources if "configMapRef" in each)


def dangling(manifests: list[Manifest]) -> set[str]:
    """The kinds of what names an object that is not there."""
    there = names(manifests)
    return {each["kind"] for each in manifests if not {*named(each)} <= there}


@pytest.mark.parametrize("app", KINDS)
@pytest.mark.parametrize(("field", "text"), [("nameSuffix", "-blue"), ("namePrefix", "eu-")])
def test_a_prefix_and_a_suffix_come_along(
    app: str, field: str, text: str, kustomize: str, fleet: Path
) -> None:
    path = dev(fleet, app)
    before = names(build(kustomize, path))
    path.write_text(f"{path.read_text()}{field}: {text}\n")
    found = build(kustomize, path)
    assert KINDS[app] <= {each["kind"] for each in found if [*named(each)]}
    assert {each["metadata"]["name"] for each in found if [*named(each)]}.isdisjoint(
        name for _, name in before
    )
    assert dangling(found) == set()


@pytest.mark.parametrize("app", KINDS)
def test_without_the_file_that_is_shipped_they_would_not(
    app: str, kustomize: str, fleet: Path
) -> None:
    base = fleet / "apps" / app / "base"
    (base / FILE).write_text("nameReference: []\n")
    path = dev(fleet, app)
    path.write_text(f"{path.read_text()}nameSuffix: -blue\n")
    # What kustomize knows by itself is no work of ours.
    known = {"HorizontalPodAutoscaler", "StatefulSet"}
    assert dangling(build(kustomize, path)) == KINDS[app] - known


GENERATED = {"wiki": ("wiki-values", "HelmRelease"), "antaeus": ("antaeus", "Deployment")}


@pytest.mark.parametrize("app", GENERATED)
def test_a_hash_of_what_a_configmap_says_is_where_it_is_named(
    app: str, kustomize: str, fleet: Path
) -> None:
    name, kind = GENERATED[app]
    path = dev(fleet, app)

    def hashed() -> str:
        found = build(kustomize, path)
        [one] = [n for k, n in names(found) if k == "ConfigMap"]
        assert re.fullmatch(rf"{name}-[0-9a-z]{{10}}", one), one
        [user] = [each for each in found if each["kind"] == kind]
        assert {n for k, n in named(user) if k == "ConfigMap"} == {one}
        return one

    first = hashed()
    assert hashed() == first
    (path.parent / "values.yaml").write_text("replicaCount: 3\n")
    literal = path.read_text().replace("LOG_LEVEL=debug", "LOG_LEVEL=trace")
    path.write_text(literal)
    assert hashed() != first


def test_a_mirror_of_images_reaches_a_release_and_its_tag_stays(
    kustomize: str, fleet: Path
) -> None:
    def image() -> dict[str, str]:
        [release] = [e for e in build(kustomize, dev(fleet, "wiki")) if e["kind"] == "HelmRelease"]
        found = release["spec"]["values"]["image"]
        assert isinstance(found, dict)
        return found

    before = image()
    path = dev(fleet, "wiki")
    mirror = {"name": before["repository"], "newName": "mirror.example.com/wiki"}
    path.write_text(path.read_text() + yaml.safe_dump({"images": [mirror]}))
    assert image() == {**before, "repository": "mirror.example.com/wiki"}


@pytest.mark.parametrize("app", ["checkout", "mailer"])
def test_a_version_reaches_the_pods_that_a_canary_and_a_scaler_are_of(
    app: str, kustomize: str, fleet: Path
) -> None:
    version = dev(fleet, app).parent / "version/kustomization.yaml"
    version.write_text(version.read_text().replace("0.0.0-unreleased", "v1.2.3"))
    found = build(kustomize, dev(fleet, app))
    [owner] = [each for each in found if each["kind"] in {"Canary", "ScaledObject"}]
    target = next(name for kind, name in named(owner) if kind == "Deployment")
    [pods] = [e for e in found if (e["kind"], e["metadata"]["name"]) == ("Deployment", target)]
    [container] = pods["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"registry.example.com/shop/{app}:v1.2.3"
