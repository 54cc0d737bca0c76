"""`add app --smoke`: a Job that asks the Service after each release, and that it may."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops.directory import write_directory
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.network import INTERNET, Network
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.golden.app_trees import FLEETS, all_added, told
from tests.real.kustomize import built

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
VARIABLES = {"environment": "dev", "cluster": "dev-1", "domain": "dev.example.com"}
DIGEST = "sha256:" + "5" * 64


def made(flags: str, topology: Topology = Topology.PER_ENVIRONMENT) -> Tree:
    return add_app(FLEETS[topology], told("a", f"{BASE} {flags}"))


def urls(tree: Tree) -> list[str]:
    job = yaml.safe_load(tree["apps/a/smoke/job.yaml"].data)
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    assert {"--fail", "--fail-early"} <= set(command)
    return [word for word in command if word.startswith("http")]


def test_it_asks_for_the_root_and_for_what_says_that_it_lives() -> None:
    assert urls(made("--smoke")) == ["http://a/", "http://a/healthz"]
    assert urls(made("--smoke --live /up")) == ["http://a/", "http://a/up"]
    assert urls(made("--smoke --preset static")) == ["http://a/"]
    said = made("--smoke --smoke-path /configs --smoke-path /v1/orders?limit=1")
    assert urls(said) == ["http://a/configs", "http://a/v1/orders?limit=1"]
    assert not [path for path in made("") if "smoke" in path]


def test_what_it_asks_is_a_service_of_the_app() -> None:
    tree = made("--smoke")
    service = yaml.safe_load(tree["apps/a/base/service.yaml"].data)
    assert {each.split("/")[2] for each in urls(tree)} == {service["metadata"]["name"]}
    # A URL without a port asks for 80.
    assert 80 in {each["port"] for each in service["spec"]["ports"]}


@pytest.mark.parametrize(
    ("flags", "after"),
    [("", "a"), ("--migrations post --migration-command m --database cnpg", "a-post")],
)
def test_it_comes_after_the_app_and_starts_with_the_first_release(flags: str, after: str) -> None:
    path = "clusters/dev/dev-1/apps/a-smoke.yaml"
    tree = made(f"--smoke {flags}")
    spec = yaml.safe_load(tree[path].data)["spec"]
    assert (spec["dependsOn"], spec["suspend"]) == ([{"name": after}], True)
    released = Fleet.read(tree).set_pin(
        "dev", "a", [Setting("registry.example.com/shop/a", "v1", DIGEST)]
    )
    assert yaml.safe_load(released[path].data)["spec"]["suspend"] is False
    job = yaml.safe_load(tree["apps/a/smoke/job.yaml"].data)
    # Flux' own five minutes are enough to be told why it failed.
    assert job["spec"]["activeDeadlineSeconds"] < 300


def build(kustomize: str, root: Path, tree: Tree, *paths: str) -> list[dict[str, Any]]:
    write_directory(root, Tree({}), tree)
    return [each for path in paths for each in built(kustomize, root / path, VARIABLES)]


@pytest.mark.real
def test_another_version_makes_another_job(kustomize: str, tmp_path: Path) -> None:
    tree = made("--smoke")
    jobs = []
    for version in ("v1", "v2"):
        setting = Setting("registry.example.com/shop/a", version, DIGEST)
        released = Fleet.read(tree).set_pin("dev", "a", [setting])
        found = build(kustomize, tmp_path / version, released, "apps/a/envs/dev/smoke")
        [job] = [each for each in found if each["kind"] == "Job"]
        annotations = job["spec"]["template"]["metadata"]["annotations"]
        named = annotations["fairlead.dev/image"]
        assert named == f"registry.example.com/shop/a:{version}@{DIGEST}"
        assert job["metadata"]["annotations"] == {"kustomize.toolkit.fluxcd.io/force": "enabled"}
        jobs.append(job)
    assert jobs[0] != jobs[1]


@pytest.mark.real
@pytest.mark.parametrize("topology", Topology)
@pytest.mark.parametrize("more", ["", "--strategy Canary --metrics", "--port 5000"])
def test_it_reaches_the_app_and_nothing_else(
    topology: Topology, more: str, kustomize: str, tmp_path: Path
) -> None:
    tree = made(f"--smoke --egress b=b:8080 {more}", topology)
    objects = build(kustomize, tmp_path, tree, "apps/a/envs/dev", "apps/a/envs/dev/smoke")
    network = Network.read(objects)
    pods = {each.name: each for each in network.pods}
    app, job = pods["Deployment/a"], pods["Job/a-smoke"]
    port = 5000 if "5000" in more else 8080
    assert network.allows(job, app, port).allowed
    assert network.resolves(job).allowed
    assert network.allows(job, app, 9999).denied
    assert network.allows(job, INTERNET, 443).denied
    assert network.allows(app, job, 80).denied
    # Without its policies it is closed like everything else.
    own = [each for each in objects if not each["metadata"]["name"].endswith("-smoke")]
    bare = Network.read([*own, *(each for each in objects if each["kind"] == "Job")])
    assert bare.allows(job, app, port).denied


@pytest.mark.real
@pytest.mark.slow
def test_every_workload_says_its_name(kustomize: str, tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), all_added(Topology.PER_ENVIRONMENT))
    overlays = [path.parent for path in tmp_path.glob("apps/*/envs/dev/**/kustomization.yaml")]
    kinds = set()
    for path in overlays:
        if path.name in {"version", "secrets"}:
            continue
        for each in built(kustomize, path, VARIABLES):
            spec = each.get("spec")
            if each["kind"] == "CronJob" and isinstance(spec, dict):
                spec = spec["jobTemplate"]["spec"]
            if not isinstance(spec, dict) or "containers" not in str(spec.get("template")):
                continue
            kinds.add(each["kind"])
            metadata = each["metadata"]
            assert isinstance(metadata, dict)
            for labels in (metadata["labels"], spec["template"]["metadata"]["labels"]):
                assert labels["app.kubernetes.io/name"] == metadata["name"], path
    assert kinds == {"Deployment", "StatefulSet", "CronJob", "Job"}


REFUSED = [
    ("--smoke-path /x", "--smoke-path goes with --smoke", "--smoke --smoke-path /x"),
    ("--smoke --preset worker", "has no Service that --smoke could ask", "--smoke --preset node"),
    ("--smoke --probe grpc", "--smoke asks by HTTP", "--smoke --probe http"),
    (
        "--smoke --preset stateful --volume d=/d:1Gi",
        "the app is probed by tcp",
        "--smoke --preset stateful --volume d=/d:1Gi --live /up --ready /ready",
    ),
    ("--smoke --component mtls-nginx", "--smoke has none", "--smoke --component mesh"),
    ("--smoke --smoke-path configs", "'configs' is no path", "--smoke --smoke-path /configs"),
]


@pytest.mark.parametrize(("wrong", "message", "right"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_nobody_could_ask_is_refused(wrong: str, message: str, right: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        told("a", f"{BASE} {wrong}")
    assert caught.value.hint
    assert told("a", f"{BASE} {right}").smoke
