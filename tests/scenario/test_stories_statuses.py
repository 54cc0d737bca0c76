"""Stories of a cluster that is known by the commit statuses that Flux writes, and nothing else."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from bot import wiring
from bot.build_checks import CommitQuery
from bot.cluster_settings import ClusterEntry
from bot.clusters import ClustersByName
from bot.demo.world import ignore
from bot.model import Check, CheckState, Gap, Target
from bot.plan import Pass
from bot.status_health import DEPTH, StatusHealth, Written
from tests.scenario.telling import APP, MAIN, MINUTE, Chapter, Story

STAGE = Target("stage", APP)
MINE = f"flux/stage/stage-1/kustomization/flux-system/{APP}"
SHARED = MINE.replace("stage/", "all/", 1)


class Posted:
    """Commit statuses on a forge that has no others."""

    def __init__(self) -> None:
        self.found: dict[str, list[Check]] = {}
        self.asked: list[str] = []
        self.gap: Gap | None = None

    def post(
        self,
        sha: str,
        state: CheckState,
        at: datetime,
        *,
        name: str = MINE,
        by: str = "flux",
        text: str = "",
    ) -> None:
        """Somebody posts one."""
        self.found.setdefault(sha, []).append(Check(name, by, sha, state, text, at))

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """See `bot.build_checks.BuildChecks`."""
        self.asked += [query.sha for query in queries]
        return {q: self.gap or self._of(q) for q in queries}

    def _of(self, query: CommitQuery) -> tuple[Check, ...]:
        last: dict[tuple[str, str], Check] = {}
        for check in self.found.get(query.sha, []):
            last.pop((check.name, check.source), None)
            last[check.name, check.source] = check
        return tuple(check for check in last.values() if check.name in query.names)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` has just been merged to stage."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.merged_to_stage("v1.0-rc.1", told.proven_in_dev())
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


@pytest.fixture
def posted() -> Posted:
    return Posted()


def exits(story: Story, posted: Posted, *, write: bool = True) -> str:
    """The bot runs, with stage known by statuses; what the exit gates of stage say."""
    world = story.world
    ports = world.ports()
    written = Written(posted, ports.repository, world.fleet_url, "main")
    by_status = StatusHealth(written, {"stage-1": "flux"}, world.clock)
    clusters = ClustersByName({"stage-1": by_status}, ports.clusters, world.clock)
    loop = world.loop(replace(ports, clusters=clusters))
    if write:
        loop.once(lambda _: None)
    found = next(d.exits for d in loop.plan().plan.decisions if d.target == STAGE)
    said = (v.verdict.note if isinstance(v.verdict, Pass) else v.verdict.reason for v in found)
    return "\n".join(said)


def head(story: Story) -> str:
    return story.refs()[MAIN]


def test_a_green_status_that_lasts_is_a_proof(story: Story, posted: Posted) -> None:
    posted.post(head(story), CheckState.SUCCESS, story.world.clock(), text="applied")
    assert exits(story, posted).startswith("stage-1: what runs there is not looked at\n")
    for _ in range(5):
        story.world.clock.advance(8 * MINUTE)
        exits(story, posted)
    assert story.proofs("stage")


def test_a_green_before_a_red_proves_nothing(story: Story, posted: Posted) -> None:
    posted.post(head(story), CheckState.SUCCESS, story.world.clock())
    exits(story, posted)
    story.world.clock.advance(MINUTE)
    assert "settled" not in exits(story, posted)
    assert "healthy for 0:01:00 of 0:02:00" in exits(story, posted)
    told = "health check failed after 30s: timeout waiting for: [Deployment/shop/payments]"
    posted.post(head(story), CheckState.FAILURE, story.world.clock(), text=told)
    assert f"stage-1: not ready: {told}" in exits(story, posted)
    assert story.soak("stage") is None


def test_a_status_of_a_cluster_that_all_share_counts(story: Story, posted: Posted) -> None:
    posted.post(head(story), CheckState.SUCCESS, story.world.clock(), name=SHARED)
    assert "not looked at" in exits(story, posted)


@pytest.mark.parametrize(
    "changed",
    [
        {"by": "mallory"},
        {"name": MINE.replace("stage-1", "stage-2")},
        {"name": MINE.replace("flux/stage", "flux/prod")},
        {"name": f"kustomization/{APP}/0123abcd"},
    ],
    ids=["of somebody", "of another cluster", "of another environment", "of no cluster"],
)
def test_only_flux_of_this_cluster_counts(
    story: Story, posted: Posted, changed: dict[str, str]
) -> None:
    posted.post(head(story), CheckState.SUCCESS, story.world.clock(), **changed)
    said = exits(story, posted)
    assert said.startswith(f"stage-1: Kustomization flux-system/{APP} has no commit status")
    posted.post(head(story), CheckState.SUCCESS, story.world.clock())
    assert "not looked at" in exits(story, posted)


def test_a_status_on_a_later_commit_counts_and_on_an_earlier_one_does_not(
    story: Story, posted: Posted
) -> None:
    before = story.git.first_parents(head(story))[1].sha
    posted.post(before, CheckState.SUCCESS, story.world.clock())
    assert f"revision {before[:12]} does not contain" in exits(story, posted)
    later = story.edit("README.md", lambda _: "words\n")
    posted.post(later, CheckState.SUCCESS, story.world.clock())
    assert "not looked at" in exits(story, posted)


def test_an_older_status_is_found_and_no_further_back_than_needed(
    story: Story, posted: Posted
) -> None:
    merge = head(story)
    posted.post(merge, CheckState.SUCCESS, story.world.clock())
    for number in range(7):
        story.edit("README.md", lambda _, number=number: f"{number} words\n")  # type: ignore[misc]
    posted.asked.clear()
    assert "not looked at" in exits(story, posted, write=False)
    assert merge in posted.asked
    assert len(posted.asked) <= 10 < DEPTH


def test_statuses_that_cannot_be_read_are_unknown(story: Story, posted: Posted) -> None:
    posted.gap = Gap("gitea", "did not answer")
    assert exits(story, posted).startswith("stage-1: gitea: did not answer\n")
    posted.gap = None
    posted.post(head(story), CheckState.SUCCESS, story.world.clock())
    assert "not looked at" in exits(story, posted)


def test_a_forges_clock_that_is_ahead_is_not_believed(story: Story, posted: Posted) -> None:
    posted.post(head(story), CheckState.SUCCESS, story.world.clock() + 60 * MINUTE)
    assert exits(story, posted).startswith("stage-1: its clock is ahead: ready since")


def test_the_settings_say_which_cluster_is_known_so(story: Story) -> None:
    by_status = ClusterEntry("stage-1", statuses=True, posted_by="flux")
    settings = replace(story.world.settings, clusters=(by_status,))
    ports = wiring.ports(settings, now=story.world.clock)
    plan = story.world.loop(ports).plan().plan
    reasons = {d.target.environment: str(d.exits) for d in plan.decisions if d.exits}
    # The embedded forge has no statuses; dev's cluster is read from the status file as before.
    assert "nothing says which forge it is" in reasons["stage"]
    assert "nothing says" not in reasons["dev"]


def test_a_slip_in_the_name_of_a_cluster_is_told(story: Story) -> None:
    def reports(name: str) -> str:
        entry = ClusterEntry(name, statuses=True, posted_by="flux")
        settings = replace(story.world.settings, clusters=(entry,))
        ports = wiring.ports(settings, now=story.world.clock)
        return "\n".join(wiring.loop(ports, settings, ignore).plan().plan.reports)

    told = "the settings name a cluster stage-11, which fleet.yaml has not; it has dev-1, "
    assert told in reports("stage-11")
    assert "the settings name" not in reports("stage-1")
