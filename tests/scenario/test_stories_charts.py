"""Stories of apps that are delivered as charts, and of git sources, through the embedded forge."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.app_repository import AppRepository
from bot.model import MergeRequestState
from bot.secret import Secret
from bot.settings import Origin
from tests.golden.app_trees import added
from tests.real import git_http
from tests.real.git_http import GitHttp
from tests.scenario.fleets import APP_ON_CLUSTER, CLUSTERS
from tests.scenario.telling import EVE, MINUTE, Story
from tests.unit.helm_stand_in import PATH, ChartRepository
from tests.unit.oci_stand_in import StandIn

REDIS = "redis"
ELSEWHERE = "sha256:" + "e" * 64


class Charts:
    """A Helm repository on loopback, and the app `redis` that `fairlead add app` writes of it."""

    def __init__(self) -> None:
        self.held = ChartRepository()
        self.server = StandIn(self.held)

    @property
    def url(self) -> str:
        return f"{self.server.url}{PATH}"

    def publish(self, version: str) -> str:
        return self.held.publish(REDIS, version)

    def entry(self, version: str) -> dict[str, object]:
        return next(e for e in self.held.entries[REDIS] if e["version"] == version)

    def withdraw(self, version: str) -> dict[str, object]:
        entry = self.entry(version)
        self.held.entries[REDIS].remove(entry)
        return entry


@pytest.fixture
def charts() -> Iterator[Charts]:
    made = Charts()
    with made.server:
        yield made


@pytest.fixture
def git(tmp_path: Path) -> Iterator[GitHttp]:
    git_http.get()
    with GitHttp(tmp_path / "remotes") as running:
        yield running


@pytest.fixture
def story(tmp_path: Path, charts: Charts) -> Iterator[Story]:
    with Story.new(tmp_path) as told:
        world = told.world
        origin = Origin(charts.server.url, private=True)
        world.settings = replace(world.settings, origins=(*world.settings.origins, origin))
        yield told


def on_clusters(app: str) -> dict[str, str]:
    """What puts an app on every cluster, suspended until its first release."""
    return {
        f"clusters/{environment}/{cluster}/{app}.yaml": APP_ON_CLUSTER
        % {"app": app, "environment": environment, "suspend": "true"}
        for environment, clusters in CLUSTERS.items()
        for cluster in clusters
    }


def scaffolded(app: str, changes: Mapping[str, str]) -> dict[str, str]:
    """An app as `fairlead add app` writes it, with some text replaced."""
    files = on_clusters(app)
    for path, file in added(app).items():
        if path.startswith((f"apps/{app}/", "components/")):
            text = file.data.decode()
            for old, new in changes.items():
                text = text.replace(old, new)
            files[path] = text
    return files


def chart_files(charts: Charts) -> dict[str, str]:
    return scaffolded(REDIS, {"https://charts.example.com": charts.url})


def version_file(environment: str, app: str = REDIS, name: str = "release") -> str:
    return f"apps/{app}/envs/{environment}/version/{name}.yaml"


def into_stage(story: Story, charts: Charts) -> str:
    """20.1.0 is proven in dev, and proposed to stage; its digest."""
    charts.publish("19.9.0")
    digest = charts.publish("20.1.0")
    charts.publish("21.0.0")
    story.begin(chart_files(charts))
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("dev"))
    assert "suspend: false" in story.text("clusters/dev/dev-1/redis.yaml")
    story.later(MINUTE)
    story.later(MINUTE)
    assert story.request("stage", REDIS).source_branch == "promote/stage/redis/20.1.0"
    return digest


def test_a_chart_goes_from_dev_over_stage_to_prod(story: Story, charts: Charts) -> None:
    digest = into_stage(story, charts)
    shown = story.approve("stage", "ana", app=REDIS)
    assert "has no place for a digest" in shown.body
    assert digest in shown.body
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("stage"))
    charts.publish("20.2.0")
    story.later(MINUTE)
    story.later(30 * MINUTE)
    # What stage proved goes to prod, although dev has moved on.
    assert "version: 20.2.0\n" in story.text(version_file("dev"))
    story.approve("prod", "cy", "di", app=REDIS)
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("prod"))
    assert "suspend: false" in story.text("clusters/prod/prod-us/redis.yaml")
    story.later(MINUTE)
    story.later(MINUTE)
    proof = story.proof_of("20.1.0", "prod", REDIS)
    assert proof is not None
    assert proof.release.digests == {REDIS: digest}


def test_other_bytes_under_a_proven_version_go_nowhere(story: Story, charts: Charts) -> None:
    digest = into_stage(story, charts)
    charts.entry("20.1.0")["digest"] = ELSEWHERE.removeprefix("sha256:")
    story.approve("stage", "ana", app=REDIS)
    story.run()
    assert "0.0.0-unreleased" in story.text(version_file("stage"))
    told = f"tag moved: redis:20.1.0 was proven as {digest}, now {ELSEWHERE}"
    assert told in story.reason("stage", REDIS)
    # The twin: the bytes come back, and what was agreed to is merged.
    charts.entry("20.1.0")["digest"] = digest.removeprefix("sha256:")
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("stage"))


def test_a_version_that_vanished_goes_nowhere(story: Story, charts: Charts) -> None:
    into_stage(story, charts)
    entry = charts.withdraw("20.1.0")
    story.approve("stage", "ana", app=REDIS)
    story.run()
    assert "0.0.0-unreleased" in story.text(version_file("stage"))
    told = "the tag redis:20.1.0, under which it was proven, is gone"
    assert told in story.reason("stage", REDIS)
    charts.held.entries[REDIS].append(entry)
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("stage"))


@pytest.mark.parametrize("same", [True, False])
def test_a_chart_that_comes_from_elsewhere_since_it_was_agreed_to_is_asked_for_there(
    story: Story, charts: Charts, same: bool
) -> None:
    into_stage(story, charts)
    story.approve("stage", "ana", app=REDIS)
    moved = Charts()
    with moved.server:
        origin = Origin(moved.server.url, private=True)
        world = story.world
        world.settings = replace(world.settings, origins=(*world.settings.origins, origin))
        there = charts.entry("20.1.0")["digest"] if same else "e" * 64
        moved.publish("20.1.0")
        moved.entry("20.1.0")["digest"] = there
        story.edit("apps/redis/base/chart.yaml", lambda t: t.replace(charts.url, moved.url))
        story.run()
        written = "version: 20.1.0\n" in story.text(version_file("stage"))
        assert written is same
        if not same:
            assert f"now {ELSEWHERE}" in story.reason("stage", REDIS)


def test_a_cluster_that_runs_other_bytes_proves_nothing(story: Story, charts: Charts) -> None:
    charts.publish("20.1.0")
    story.begin(chart_files(charts))
    story.run()
    charts.entry("20.1.0")["digest"] = ELSEWHERE.removeprefix("sha256:")
    story.later(MINUTE)
    story.later(MINUTE)
    assert story.requests("stage", REDIS) == ()
    assert story.proofs("dev", REDIS) == ()
    told = str(story.world.plan().plan.decisions)
    assert f"redis runs {ELSEWHERE}" in told


def test_a_version_without_a_digest_is_waited_for(story: Story, charts: Charts) -> None:
    digest = charts.publish("20.1.0")
    del charts.entry("20.1.0")["digest"]
    story.begin(chart_files(charts))
    story.run()
    assert "0.0.0-unreleased" in story.text(version_file("dev"))
    told = "its index names no digest of redis 20.1.0: nothing would tell that its bytes changed"
    assert told in story.reason("dev", REDIS)
    charts.entry("20.1.0")["digest"] = digest.removeprefix("sha256:")
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("dev"))


def test_a_chart_from_two_places_is_left_to_people(story: Story, charts: Charts) -> None:
    charts.publish("20.1.0")
    files = chart_files(charts)
    files["apps/redis/envs/dev/mirror.yaml"] = files["apps/redis/base/chart.yaml"].replace(
        charts.url, "https://mirror.example.com/charts"
    )
    overlay = "apps/redis/envs/dev/kustomization.yaml"
    patched = files[overlay] + "patches:\n  - path: mirror.yaml\n"
    story.begin(files | {overlay: patched})
    story.run()
    assert "0.0.0-unreleased" in story.text(version_file("dev"))
    shown = f"({charts.url}, https://mirror.example.com/charts)"
    assert f"redis: it comes from several places here {shown}" in story.reason("dev", REDIS)
    story.edit(overlay, lambda text: text.removesuffix("patches:\n  - path: mirror.yaml\n"))
    story.run()
    assert "version: 20.1.0\n" in story.text(version_file("dev"))


def test_a_chart_in_a_registry_is_written_with_its_digest(story: Story) -> None:
    host = story.world.registry.host
    digest = story.world.image("stefanprodan/charts/podinfo", "6.1.0")
    story.begin(scaffolded("podinfo", {"ghcr.io": host}))
    story.run()
    written = story.text(version_file("dev", "podinfo", "chart"))
    assert f"tag: 6.1.0\n    digest: {digest}\n" in written.replace('"', "")
    story.later(MINUTE)
    story.later(MINUTE)
    story.approve("stage", "ana", app="podinfo")
    story.run()
    assert digest in story.text(version_file("stage", "podinfo", "chart"))
    (request,) = story.requests("stage", "podinfo")
    assert request.state is MergeRequestState.MERGED


POLICIES = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: policies
team: platform
artifacts: [{git: %(name)s}]
environments:
  dev: {follow: {range: ">=1.0"}}
"""

SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: policies, namespace: flux-system}
spec:
  url: %(url)s
  ref: {tag: v1.0}
"""


def git_files(url: str) -> dict[str, str]:
    name = url.removeprefix("http://").removesuffix(".git")
    files = {"apps/policies/app.yaml": POLICIES % {"name": name}}
    for environment, clusters in CLUSTERS.items():
        for cluster in clusters:
            files[f"clusters/{environment}/{cluster}/policies.yaml"] = SOURCE % {"url": url}
    return files


@pytest.mark.real
def test_a_git_source_follows_the_tags_of_its_repository(
    story: Story, git: GitHttp, tmp_path: Path
) -> None:
    world, url = story.world, git.create("policies")
    login = Origin(git.origin, git_http.USER, Secret(git_http.PASSWORD), private=True)
    world.settings = replace(world.settings, origins=(*world.settings.origins, login))
    pushed_to = (git.directory / "policies.git").as_uri()
    repository = AppRepository(tmp_path / "people", "policies", pushed_to, world.clock)
    repository.tag("v1.0", repository.commit("first", EVE))
    story.begin(git_files(url))
    story.later(MINUTE)
    commit = repository.commit("second", EVE)
    repository.tag("v1.1", commit)
    story.run()
    assert "ref: {tag: v1.1}" in story.text("clusters/dev/dev-1/policies.yaml")
    story.later(MINUTE)
    story.later(MINUTE)
    proof = story.proof_of("v1.1", "dev", "policies")
    assert proof is not None
    assert set(proof.release.digests.values()) == {f"sha1:{commit}"}
    # Somebody moves the tag after it was proven; then moves it back.
    story.approve("stage", "ana", app="policies")
    repository.tag("v1.1", repository.commit("third", EVE))
    story.run()
    assert "ref: {tag: v1.0}" in story.text("clusters/stage/stage-1/policies.yaml")
    assert "tag moved" in story.reason("stage", "policies")
    repository.tag("v1.1", commit)
    story.run()
    assert "ref: {tag: v1.1}" in story.text("clusters/stage/stage-1/policies.yaml")


WEB = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: web
team: shop
artifacts:
  - image: %s/shop/web
  - {chart: base, version: own}
environments:
  dev: {follow: {range: ">=6.0.0"}}
"""

REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts}
spec: {url: %s}
"""

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chart:
    spec:
      chart: base
      version: 2.0.0
      sourceRef: {kind: HelmRepository, name: charts}
  values:
    image: {repository: %s/shop/web, tag: 6.0.0, digest: ""}
"""


def web_release(environment: str) -> str:
    return f"apps/web/envs/{environment}/release.yaml"


def with_chart(story: Story, charts: Charts) -> None:
    """An app of an image and the chart that runs it: 6.0.0 with 2.0.0 everywhere."""
    host = story.world.registry.host
    files = on_clusters("web") | {"apps/web/app.yaml": WEB % host}
    for environment in CLUSTERS:
        files[web_release(environment)] = RELEASE % host
        files[f"apps/web/envs/{environment}/charts.yaml"] = REPOSITORY % charts.url
    for version in ("1.9.0", "2.0.0", "2.1.0"):
        charts.held.publish("base", version)
    story.world.image("shop/web", "6.0.0")
    story.begin({path: text.replace("suspend: true", "") for path, text in files.items()})
    story.later(MINUTE)


def set_chart(story: Story, environment: str, old: str, new: str) -> None:
    """A person sets another version of the chart; it is deployed, and settles."""
    path = web_release(environment)
    story.edit(path, lambda text: text.replace(f"version: {old}", f"version: {new}"))
    for _ in range(3):
        story.later(MINUTE)


def test_a_chart_is_promoted_with_the_image_that_it_runs(story: Story, charts: Charts) -> None:
    with_chart(story, charts)
    story.world.image("shop/web", "6.1.0")
    story.run()
    # The bot moves the image, and leaves the chart where it is.
    assert "tag: 6.1.0" in story.text(web_release("dev"))
    assert "version: 2.0.0" in story.text(web_release("dev"))
    story.later(MINUTE)
    story.later(MINUTE)
    first = story.request("stage", "web")
    assert first.source_branch == "promote/stage/web/6.1.0-with-2.0.0"
    # A person sets another chart in dev, and the two that ran together are proposed together.
    set_chart(story, "dev", "2.0.0", "2.1.0")
    story.run()
    second = story.approve("stage", "ana", app="web")
    assert second.source_branch == "promote/stage/web/6.1.0-with-2.1.0"
    assert first.number != second.number
    story.run()
    assert "tag: 6.1.0" in story.text(web_release("stage"))
    assert "version: 2.1.0" in story.text(web_release("stage"))


def test_a_chart_never_goes_down_with_a_newer_image(story: Story, charts: Charts) -> None:
    with_chart(story, charts)
    set_chart(story, "dev", "2.0.0", "1.9.0")
    story.world.image("shop/web", "6.1.0")
    story.run()
    assert "tag: 6.1.0" in story.text(web_release("dev"))
    story.later(MINUTE)
    story.later(MINUTE)
    assert story.proof_of("6.1.0-with-1.9.0", "dev", "web") is not None
    assert story.requests("stage", "web") == ()
    set_chart(story, "dev", "1.9.0", "2.0.0")
    assert story.request("stage", "web").source_branch == "promote/stage/web/6.1.0-with-2.0.0"
