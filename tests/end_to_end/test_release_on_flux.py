"""A release's way from a tag to the cluster that runs it, with nothing played that can be had.

Real are Gitea, docker-registry, the API servers and Flux's kustomize-controllers; source-controller
and the kubelet are played. `dev` reports to the status file, the others are asked themselves.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.end_to_end import story
from tests.end_to_end.flux_world import DEPLOYMENT, FluxWorld
from tests.end_to_end.story import Story, opened
from tests.end_to_end.world import App
from tests.real import docker_registry, git_http, gitea_build
from tests.real.flux import programs
from tests.real.flux.cluster import KUSTOMIZATION
from tests.real.flux.controller import NAMESPACE
from tests.real.flux.process import free_port
from tests.real.flux.source_controller import KIND, VERSION
from tests.real.flux.workloads import Fate, Verdict

pytestmark = [pytest.mark.real, pytest.mark.slow]

SOURCE = (VERSION, KIND, NAMESPACE)
BINDING = ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "fairlead")
CONTAINERS = "      containers:\n"
BROKEN = ":1.0.0-broken"
PROXY = f"""\
        - name: proxy
          image: registry.example.com/proxy{BROKEN}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    docker_registry.get()
    git_http.get()
    gitea_build.get()
    programs.etcd()
    programs.api_server()
    programs.kustomize_controller()
    return tmp_path


@pytest.fixture
def world(directory: Path, shared: Path) -> Iterator[FluxWorld]:
    with FluxWorld(directory, shared, {"stage": ["stage-1"], "prod": ["prod-1"]}) as world:
        yield world


@pytest.fixture
def one(directory: Path, shared: Path) -> Iterator[FluxWorld]:
    with FluxWorld(directory, shared, {"stage": ["stage-1"]}) as world:
        yield world


@pytest.fixture
def two(directory: Path, shared: Path) -> Iterator[FluxWorld]:
    with FluxWorld(directory, shared, {"stage": ["stage-1", "stage-2"]}) as world:
        yield world


class Release(Story):
    """The way of one app."""

    world: FluxWorld

    @classmethod
    def begin(cls, world: FluxWorld, deployment: Mapping[str, str] | None = None) -> "Release":
        """The fleet stands, and the first build is proven in dev."""
        told = cls(world, {"payments": world.found(deployment)}, {}, {}, {})
        world.fairlead("state", "init")
        told.build("First version")
        return told

    @property
    def app(self) -> App:
        return self.apps["payments"]

    @property
    def image(self) -> str:
        """As pins call it."""
        return f"{self.world.registry.host}/{self.app.images[0]}"

    def build(self, message: str) -> None:
        """A commit, its image, and dev runs it."""
        commit = self.world.build(self.app, message)
        self.commits["payments"] = commit
        self.world.until(self.tick, lambda: self._proven("dev").get("commit") == commit)

    def tag(self, tag: str) -> str:
        """The commit becomes a release; the digest of its image."""
        return self.world.release(self.app, tag, self.commits["payments"])[self.image]

    def proposed(self, environment: str, tag: str) -> None:
        """The tag becomes a merge request."""
        branch = f"{environment}/payments/{tag}"
        self.world.until(self.tick, lambda: branch in opened(self.world))

    def merged(self, environment: str, *people: str) -> None:
        """People agree, and the bot merges."""
        self.agree(environment, ["payments"], *people)
        self.world.until(self.tick, lambda: not opened(self.world))

    def goes_no_further(self) -> None:
        """For longer than it would have to be healthy, nothing is proposed for prod."""
        self.world.for_seconds(20, self.tick)
        assert not opened(self.world)
        assert self._proven("stage").get("commit") != self.commits["payments"]

    def told(self, code: int = 0) -> str:
        """Why it is not done in stage."""
        return self.world.fairlead("why", "payments", "stage", code=code).out

    def held_by(self, cluster: str, code: int = 0) -> str:
        """Why this cluster, and no other, keeps the gate for health closed."""
        (line,) = (each for each in self.told(code).splitlines() if "  healthy: " in each)
        reason = line.partition("healthy: waits: ")[2]
        assert reason.startswith(f"{cluster}: "), line
        assert "stage-1" not in reason
        return reason

    def _proven(self, environment: str) -> dict[str, object]:
        proof = story.proofs(self.world).get((environment, "payments"))
        return proof["release"] if proof else {}


def test_a_release_goes_from_a_tag_to_the_cluster_that_runs_it(world: FluxWorld) -> None:
    release = Release.begin(world)
    stage = release.tag("v1.0-rc.1")
    release.proposed("stage", "v1.0-rc.1")
    assert world.runs("stage-1") == set()
    release.merged("stage", "ana")
    world.clusters["stage-1"].ready("payments", world.head)
    assert world.runs("stage-1") == {f"{release.image}:v1.0-rc.1@{stage}"}

    release.tag("v1.0")
    release.proposed("prod", "v1.0")
    proof = story.proofs(world)["stage", "payments"]
    assert [each["digest"] for each in proof["release"]["artifacts"]] == [stage]
    release.merged("prod", "cy", "di")
    world.until(release.tick, lambda: ("prod", "payments") in story.proofs(world))
    assert world.runs("prod-1") == {f"{release.image}:v1.0@{stage}"}
    assert world.fairlead("status").out.count("(done)") == 3


def test_a_release_that_never_gets_ready_goes_no_further_and_a_newer_one_does(
    one: FluxWorld,
) -> None:
    release, cluster = Release.begin(one), one.clusters["stage-1"]
    cluster.workloads.verdicts[release.tag("v1.0-rc.1")] = Verdict(Fate.NEVER_READY, 1.0)
    release.proposed("stage", "v1.0-rc.1")
    release.merged("stage", "ana")
    cluster.failed("payments", "HealthCheckFailed")
    release.tag("v1.0")
    release.goes_no_further()
    assert "failed early due to stalled resources" in release.told()
    assert "Deployment/payments/payments status: " in release.told()

    release.build("It starts now")
    release.tag("v1.0-rc.2")
    release.proposed("stage", "v1.0-rc.2")
    release.merged("stage", "ana")
    release.tag("v1.1")
    release.proposed("prod", "v1.1")


def test_a_release_goes_on_by_itself_after_a_repaired_manifest(one: FluxWorld) -> None:
    release, cluster = Release.begin(one, {CONTAINERS: CONTAINERS + PROXY}), one.clusters["stage-1"]
    cluster.workloads.verdicts[BROKEN] = Verdict(Fate.NEVER_READY, 1.0)
    release.tag("v1.0-rc.1")
    release.proposed("stage", "v1.0-rc.1")
    release.merged("stage", "ana")
    cluster.failed("payments", "HealthCheckFailed")
    release.tag("v1.0")
    release.goes_no_further()
    one.change(DEPLOYMENT, {BROKEN: ":1.0.1"})
    release.proposed("prod", "v1.0")


def test_one_of_two_clusters_holds_a_release_with_its_own_reason(two: FluxWorld) -> None:
    release, late = Release.begin(two), two.clusters["stage-2"]
    release.tag("v1.0-rc.1")
    release.proposed("stage", "v1.0-rc.1")
    release.merged("stage", "ana")
    late.ready("payments", two.head)
    release.build("Second version")
    release.tag("v1.0-rc.2")
    release.proposed("stage", "v1.0-rc.2")
    suspend = {"spec": {"suspend": True}}
    late.api.patch(*SOURCE, suspend, NAMESPACE)
    release.merged("stage", "ana")
    two.clusters["stage-1"].ready("payments", two.head)
    release.tag("v1.0")
    release.goes_no_further()
    assert "does not contain" in release.held_by("stage-2")

    late.api.patch(*SOURCE, {"spec": {"suspend": False}}, NAMESPACE)
    for each in ("payments", "apps"):  # which would take the suspension back
        late.ready(each, two.head)
    late.api.patch(*KUSTOMIZATION, "payments", suspend, NAMESPACE)
    release.tick()
    assert "it is suspended" in release.held_by("stage-2")
    late.reconcile("apps")
    late.api.wait(*KUSTOMIZATION, "payments", NAMESPACE, lambda it: not it["spec"].get("suspend"))

    late.api.delete(*BINDING)
    release.tick(code=5)
    assert "forbidden" in release.held_by("stage-2", code=5)
    late.reconcile("fairlead-reader")
    late.api.wait(*BINDING, "", bool)

    settings = two.directory / "settings.toml"
    text = settings.read_text()
    settings.write_text(text.replace(late.server.url, f"https://127.0.0.1:{free_port()}"))
    release.tick(code=4)
    assert "unreachable" in release.held_by("stage-2", code=4)
    assert not opened(two)
    settings.write_text(text)
    release.proposed("prod", "v1.0")
