"""The policies of `add component kyverno`, asked of the reference fleet and of what breaks them."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml

from bot.adapters.kustomize import Kustomize
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import rendering
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.tree import Tree
from tests.golden.reference import reference
from tests.unit.kyverno_patterns import complaints

SOURCES = "ssh://git@git.example.com/* | https://charts.example.com | oci://ghcr.io/acme/*"
DIGEST = "sha256:" + "1" * 64


def policies(*settings: str) -> dict[str, Mapping[str, Any]]:
    """What is written for prod, by name."""
    answers = ComponentAnswers("kyverno", versions=["3.6.0"], settings=settings)
    tree = add_component(new_fleet(Tree({}), FleetAnswers("acme")), answers).tree
    root = "infrastructure/kyverno/config"
    found = [
        yaml.safe_load(file.data)
        for path, file in tree.items()
        if path.startswith((f"{root}/base/", f"{root}/envs/prod/"))
    ]
    return {each["metadata"]["name"]: each for each in found if each["kind"] == "ClusterPolicy"}


POLICIES = policies()


def broken(thing: Mapping[str, Any], *settings: str) -> set[str]:
    """The policies that an object breaks."""
    asked = policies(*settings) if settings else POLICIES
    return {name for name, policy in asked.items() if complaints(policy, thing)}


@pytest.mark.real
@pytest.mark.slow
def test_the_reference_fleet_keeps_every_policy(kustomize: str) -> None:
    fleet = Fleet.read(reference())
    done = rendering(fleet, Kustomize(kustomize).builds, builds_of(fleet))
    assert done.failed == ()
    objects: list[Any] = [o.data for each in done.rendered for o in each.objects]
    assert [(o["kind"], o["metadata"]["name"], broken(o)) for o in objects if broken(o)] == []
    judged = {o["kind"] for o in objects}
    assert {"Deployment", "GitRepository", "HelmRepository", "OCIRepository"} <= judged


def pod(**spec: object) -> dict[str, Any]:
    """A Deployment that keeps every policy, but for this."""
    resources = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    container = {"name": "web", "image": "r.example/web:v1.0", "resources": resources}
    template = {"spec": {"containers": [container], **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": template},
    }


def container(**fields: object) -> dict[str, Any]:
    """The same with another container."""
    made = deepcopy(pod())
    made["spec"]["template"]["spec"]["containers"][0].update(fields)
    return made


def source(url: str, kind: str = "OCIRepository") -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {"name": "charts"},
        "spec": {"url": url},
    }


def bad() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Objects that break one policy each, with its name."""
    yield "image-tags", container(image="r.example/web:latest")
    yield "image-tags", container(image="web")
    yield "resources", container(resources={})
    yield "resources", container(resources={"requests": {"cpu": "1", "memory": "1Gi"}})
    yield "resources", container(resources={"limits": {"memory": "1Gi"}})
    yield "isolation", container(securityContext={"privileged": True})
    yield "isolation", pod(initContainers=[{"securityContext": {"privileged": True}}])
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        yield "isolation", pod(**{field: True})
    yield "isolation", pod(volumes=[{"name": "node", "hostPath": {"path": "/"}}])
    yield "sources", source("http://charts.example.com", "HelmRepository")
    yield "sources", source("git://git.example.com/fleet.git", "GitRepository")


@pytest.mark.parametrize(("policy", "thing"), list(bad()))
def test_what_breaks_a_policy_breaks_it_alone(policy: str, thing: Mapping[str, Any]) -> None:
    assert broken(thing) == {policy}
    if thing["kind"] == "Deployment":
        job = {"template": thing["spec"]["template"]}
        cron = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": job}}}
        assert broken(cron) == {policy}


@pytest.mark.parametrize(
    "thing",
    [
        pod(),
        container(image=f"r.example/web:v1.0@{DIGEST}"),
        container(securityContext={"privileged": False}),
        pod(hostNetwork=False, volumes=[{"name": "tmp", "emptyDir": {}}]),
        source("https://charts.example.com", "HelmRepository"),
        source("ssh://git@git.example.com/acme/fleet.git", "GitRepository"),
    ],
)
def test_what_is_nearly_bad_keeps_them(thing: Mapping[str, Any]) -> None:
    assert broken(thing) == set()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("oci://ghcr.io/acme/charts/web", True),
        ("oci://ghcr.io/acme-evil/web", False),
        ("https://charts.example.com", True),
        ("https://charts.example.com.evil.example", False),
        ("https://git.example.com/acme/fleet.git", False),
        ("ssh://git@git.example.com/acme/fleet.git", True),
    ],
)
def test_sources_are_those_that_were_named(url: str, *, allowed: bool) -> None:
    assert (broken(source(url), f"sources={SOURCES}") == set()) is allowed
    assert broken(source(url)) == set()


def test_every_policy_only_tells_until_somebody_enforces_it() -> None:
    assert set(POLICIES) == {"image-tags", "isolation", "resources", "sources"}
    for policy in POLICIES.values():
        actions = {rule["validate"]["failureAction"] for rule in policy["spec"]["rules"]}
        assert actions == {"Audit"}
