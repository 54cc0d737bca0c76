"""Stories of a cluster that is asked itself: from what its objects say to what is proven.

It applies what the simulated cluster applies; its API server is a stand-in that says it in Flux's
words, and something wrong beside it where a story says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.flux import AskedCluster, FluxClusters
from bot.adapters.flux_kubeconfig import given
from bot.clusters import ClustersByName
from bot.model import Gap, Health, Target
from bot.plan import Pass
from bot.ports import Clock, Clusters
from gitops.carriers import Carried
from tests.real.authority import make
from tests.scenario.telling import APP, MINUTE, Chapter, Story
from tests.unit.flux_shapes import (
    INSTALLER,
    condition,
    deployed,
    kustomization,
    merged,
    release,
    workload,
)
from tests.unit.oci_stand_in import Asked, Said, StandIn
from tests.unit.test_flux_transport import listed, told
from tests.unit.test_requests_session import speaking_tls

STAGE = Target("stage", APP)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` has just been merged to stage."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as story:
        story.begin()
        story.merged_to_stage("v1.0-rc.1", story.proven_in_dev())
        yield Chapter(story, directory / "kept")


class OnFlux:
    """stage-1, by its API server; `changes` are wrong there, by kind, or all of its `answers`."""

    def __init__(self, simulated: Clusters, url: str, files: tuple[Path, Path], now: Clock) -> None:
        access = given(url, *files, None)
        self._asked = FluxClusters(
            [AskedCluster("stage-1", lambda: access, timedelta(seconds=20))], now
        )
        self._simulated = simulated
        self._objects: dict[str, object] = {}
        self.changes: dict[str, Mapping[str, Any]] = {}
        self.answers: Callable[[Asked], Said | None] = lambda _: None

    def says(self, asked: Asked) -> Said:
        """See `StandIn`."""
        found = self._objects.get(asked.path.rpartition("/")[2])
        return self.answers(asked) or (listed(found) if found else listed())

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        """See `bot.ports.Clusters`: a HelmRelease carries the app too."""
        (one,) = wanted
        seen = self._simulated.health(wanted)
        assert not isinstance(seen, Gap)
        for health in seen:
            self._runs(one, health)
        return self._asked.health([replace(one, carriers=(*one.carriers, INSTALLER))])

    def _runs(self, wanted: Carried, health: Health) -> None:
        (carrier,) = wanted.carriers
        revision = f"main@sha1:{health.revision}"
        applier = {
            "metadata": {"name": carrier.name, "namespace": carrier.namespace},
            "spec": {"path": carrier.path},
            "status": {"lastAppliedRevision": revision, "lastAttemptedRevision": revision},
        }
        images = [
            {"name": "app", "image": f"{repository}@{digest}"}
            for repository, digest in health.digests.items()
        ]
        runs = {"spec": {"template": {"spec": {"containers": images}}}}
        self._objects = {
            "kustomizations": kustomization(merged(applier, self.changes.get("applier", {}))),
            "helmreleases": release(self.changes.get("installer")),
            "deployments": workload(change=merged(runs, self.changes.get("workload", {}))),
        }


class OnFluxStory:
    """A story whose stage is asked by its API server."""

    def __init__(self, story: Story, cluster: OnFlux) -> None:
        self.story = story
        self.cluster = cluster

    def exits(self) -> str:
        """The bot runs; what the exit gates of stage say."""
        ports = self.story.world.ports()
        clusters = ClustersByName({"stage-1": self.cluster}, ports.clusters, self.story.world.clock)
        loop = self.story.world.loop(replace(ports, clusters=clusters))
        loop.once(lambda _: None)
        found = next(d.exits for d in loop.plan().plan.decisions if d.target == STAGE)
        said = (v.verdict.note if isinstance(v.verdict, Pass) else v.verdict.reason for v in found)
        return "\n".join(said)

    def later(self) -> str:
        """Time enough for a soak passes; what the exit gates say then."""
        said = [self._after(8 * MINUTE) for _ in range(5)]
        return said[-1]

    def _after(self, time: timedelta) -> str:
        self.story.world.clock.advance(time)
        return self.exits()


@pytest.fixture
def told_by_flux(chapter: Chapter, tmp_path: Path) -> Iterator[OnFluxStory]:
    with ExitStack() as open_, chapter.go_on() as story:
        authority = make(tmp_path)
        token = tmp_path / "token"
        token.write_text("a-token")
        there = open_.enter_context(StandIn(lambda _: listed()))
        url = open_.enter_context(speaking_tls(there, authority))
        world = story.world
        files = (token, authority.certificate)
        cluster = OnFlux(world.ports().clusters, url, files, world.clock)
        there.script = cluster.says
        yield OnFluxStory(story, cluster)


WAY_BACK = [
    condition("Ready", "False", "UpgradeFailed", "context deadline exceeded", observedGeneration=2),
    condition("Remediated", "True", "RollbackSucceeded"),
]
BEFORE = deployed(chartVersion="1.3.0")
WRONG: dict[str, tuple[str, Mapping[str, Any], str]] = {
    "rolled back by itself": (
        "installer",
        {"status": {"conditions": WAY_BACK, "history": [BEFORE]}},
        "not ready: HelmRelease shop/web: rolled back by itself: context deadline exceeded",
    ),
    "rolled back, and well since": (
        "installer",
        {"status": {"history": [BEFORE]}},
        "reconciling: HelmRelease shop/web: chart 1.3.0 is installed, not 1.4.0",
    ),
    "ready at an old generation": (
        "applier",
        {"metadata": {"generation": 4}},
        "reconciling: Kustomization flux-system/payments: generation 4 was not observed yet",
    ),
    "a workload was taken away": (
        "applier",
        {"status": {"inventory": {"entries": [{"id": "shop_gone_apps_Deployment"}]}}},
        "live drift: Deployment shop/gone is not there",
    ),
    "a paused rollout": (
        "workload",
        {"status": {"updatedReplicas": 0}},
        "reconciling: Deployment shop/web: 0 of 2 Pods are of its newest version",
    ),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_object_proves_nothing(
    told_by_flux: OnFluxStory, row: tuple[str, Mapping[str, Any], str]
) -> None:
    kind, change, reason = row
    told_by_flux.cluster.changes = {kind: change}
    assert told_by_flux.later().startswith(f"stage-1: {reason}")
    assert not told_by_flux.story.proofs("stage")
    told_by_flux.cluster.changes = {}
    told_by_flux.later()
    assert told_by_flux.story.proofs("stage")


ANSWERS: dict[str, tuple[Callable[[Asked], Said | None], str]] = {
    "an expired token": (
        lambda _: told(401, "Unauthorized"),
        "credentials refused: its token is not valid, or has expired",
    ),
    "an expired list": (
        lambda asked: (
            told(410, "too old")
            if "continue" in asked.query
            else listed(more="one")
            if asked.path.endswith("kustomizations")
            else None
        ),
        "its list of Kustomizations expired twice while it was read (410)",
    ),
}


@pytest.mark.parametrize("row", ANSWERS.values(), ids=ANSWERS)
def test_who_cannot_be_read_proves_nothing(
    told_by_flux: OnFluxStory, row: tuple[Callable[[Asked], Said | None], str]
) -> None:
    answers, reason = row
    told_by_flux.cluster.answers = answers
    assert told_by_flux.later().startswith(f"stage-1: {reason}")
    assert not told_by_flux.story.proofs("stage")
    told_by_flux.cluster.answers = lambda _: None
    told_by_flux.later()
    assert told_by_flux.story.proofs("stage")
