"""The real kustomize-controller, on what stands in for the rest of Flux and for the kubelet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.model import IDENTITY
from tests.contract.fleet_repositories import push
from tests.real.flux import programs
from tests.real.flux.api import condition
from tests.real.flux.cluster import KUSTOMIZATION, Cluster, kustomization
from tests.real.flux.source_controller import KIND as SOURCE_KIND
from tests.real.flux.source_controller import VERSION as SOURCE_VERSION
from tests.real.flux.source_controller import Remote
from tests.real.flux.workloads import Fate, Verdict
from tests.real.git_http import PASSWORD, USER, GitHttp, Login

pytestmark = [pytest.mark.real, pytest.mark.slow]

URL = "ssh://git@git.example.com/acme/fleet.git"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: default}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: app, image: "registry.example.com/{name}:{tag}"}}]}}
"""
SHORTEST = "30s"
"""No shorter timeout of a health check counts."""

GIVEN_UP = ": failed early due to stalled resources: [Deployment/default/{name} status: 'Failed'"
NOT_IN_TIME = ": timeout waiting for: [Deployment/default/{name} status: 'InProgress'"


class Repository:
    """What the cluster follows: an app's Deployment in a directory of its own."""

    def __init__(self, directory: Path, url: str) -> None:
        self._git = GitRepository(directory, url, Login(), plain=True)

    def commit(self, name: str, tag: str) -> str:
        """An app at a version; the commit."""
        text = DEPLOYMENT.format(name=name, tag=tag)
        return push(self._git, "main", {f"{name}/deployment.yaml": text}, IDENTITY)


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with GitHttp(tmp_path_factory.mktemp("git")) as server:
        yield server.create("fleet")


@pytest.fixture(scope="module")
def repository(remote: str, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository(tmp_path_factory.mktemp("mirror") / "fleet.git", remote)
    repository.commit("first", "1.0.0")
    return repository


@pytest.fixture(scope="module")
def cluster(
    repository: Repository, remote: str, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    programs.kustomize_controller()
    directory = tmp_path_factory.mktemp("cluster")
    with Cluster(directory, shared, {URL: Remote(remote, (USER, PASSWORD))}) as cluster:
        cluster.follow(URL, "./first")
        yield cluster


def bring(cluster: Cluster, name: str) -> None:
    cluster.api.apply(kustomization(name, f"./{name}", wait=True, timeout=SHORTEST))


def test_applies_what_is_pushed_and_waits_until_it_runs(
    cluster: Cluster, repository: Repository
) -> None:
    commit = repository.commit("steady", "1.0.0")
    bring(cluster, "steady")
    found = cluster.ready("steady", commit)
    assert condition(found, "Healthy")["status"] == "True"
    entries = found["status"]["inventory"]["entries"]
    assert [entry["id"] for entry in entries] == ["default_steady_apps_Deployment"]
    commit = repository.commit("steady", "1.0.1")
    cluster.ready("steady", commit)
    running = cluster.api.get("apps/v1", "Deployment", "steady", "default")
    assert running is not None
    image = running["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example.com/steady:1.0.1"


@pytest.mark.parametrize(
    ("name", "after", "message"), [("stalled", 1.0, GIVEN_UP), ("slow", None, NOT_IN_TIME)]
)
def test_an_image_that_never_gets_ready_fails_the_health_check_until_it_is_repaired(
    cluster: Cluster, repository: Repository, name: str, after: float | None, message: str
) -> None:
    cluster.workloads.verdicts[f"/{name}:2.0.0"] = Verdict(Fate.NEVER_READY, after)
    before = repository.commit(name, "1.0.0")
    bring(cluster, name)
    cluster.ready(name, before)
    broken = repository.commit(name, "2.0.0")
    found = cluster.failed(name, "HealthCheckFailed")
    assert message.format(name=name) in condition(found, "Ready")["message"]
    assert found["status"]["lastAttemptedRevision"] == f"main@sha1:{broken}"
    assert found["status"]["lastAppliedRevision"] == f"main@sha1:{before}"
    cluster.ready(name, repository.commit(name, "2.0.1"))


def test_a_crash_is_seen_when_flux_looks_again(cluster: Cluster, repository: Repository) -> None:
    commit = repository.commit("brief", "1.0.0")
    bring(cluster, "brief")
    cluster.ready("brief", commit)
    cluster.workloads.verdicts["/brief:1.0.0"] = Verdict(Fate.CRASHES, 1.0)
    cluster.api.wait(
        "apps/v1",
        "Deployment",
        "brief",
        "default",
        lambda found: condition(found, "Available")["status"] == "False",
    )
    found = cluster.api.get(*KUSTOMIZATION, "brief", "flux-system")
    assert found is not None
    assert condition(found, "Ready")["status"] == "True"
    cluster.reconcile("brief")
    found = cluster.failed("brief", "HealthCheckFailed")
    assert NOT_IN_TIME.format(name="brief") in condition(found, "Ready")["message"]


def test_a_variable_that_nobody_sets_is_an_error(cluster: Cluster, repository: Repository) -> None:
    repository.commit("unset", "${nobody}")
    values = {"postBuild": {"substitute": {"other": "1.0.0"}}}
    cluster.api.apply(kustomization("unset", "./unset", **values))
    found = cluster.failed("unset", "BuildFailed")
    assert "variable not set (strict mode)" in condition(found, "Ready")["message"]
    set_here = {"postBuild": {"substitute": {"nobody": "1.0.0"}}}
    cluster.api.apply(kustomization("unset", "./unset", **set_here))
    cluster.ready("unset", repository.commit("other", "1.0.0"))


def test_a_branch_that_is_not_there_is_told(cluster: Cluster, repository: Repository) -> None:
    def source(branch: str) -> None:
        meta = {"name": "other", "namespace": "flux-system"}
        spec = {"interval": "1m", "url": URL, "ref": {"branch": branch}}
        cluster.api.apply(
            {"apiVersion": SOURCE_VERSION, "kind": SOURCE_KIND, "metadata": meta, "spec": spec}
        )

    def told(status: str) -> str:
        found = cluster.api.wait(
            SOURCE_VERSION,
            SOURCE_KIND,
            "other",
            "flux-system",
            lambda found: condition(found, "Ready").get("status") == status,
        )
        return str(condition(found, "Ready")["message"])

    source("nowhere")
    assert "no branch 'nowhere'" in told("False")
    source("main")
    assert told("True").startswith("stored artifact for revision 'main@sha1:")
