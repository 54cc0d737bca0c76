"""Stories of what a merge request says and looks like, and of who tries to say something else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.act import Actor
from bot.adapters.kustomize import Kustomize
from bot.adapters.local import LocalForge
from bot.adapters.local_store import REF
from bot.cli.report import find
from bot.demo.world import ignore
from bot.forge import STATUS, MergeRequestText
from bot.model import CheckState, MergeRequest, MergeRequestState, Target
from bot.observe import Observer
from bot.ports import Clock, Repository
from bot.tick import Loop, Ticked
from tests.scenario.telling import APP, MINUTE, Chapter, Story


class ArmedForge(LocalForge):
    """An embedded forge on which a person has told every merge request to merge by itself."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        super().__init__(repository, clock)
        self.cancelled: list[int] = []

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        return tuple(
            replace(m, automatic_merge=m.number not in self.cancelled)
            for m in super().merge_requests()
        )

    def cancel_automatic_merge(self, number: int) -> None:
        self.cancelled.append(number)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` is proposed to stage."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def said(story: Story) -> list[tuple[str, CheckState, str]]:
    """Who says what as the bot's status on the head."""
    request = story.request("stage")
    on_head = [c for c in request.checks if c.name == STATUS and c.sha == request.head]
    return [(c.source, c.state, c.description) for c in on_head]


def test_it_opens_with_all_there_is_to_say(story: Story) -> None:
    request = story.request("stage")
    assert request.labels == ("app/payments", "environment/stage", "fairlead")
    assert request.reviewers == ("ana", "bo")
    assert request.title == "Promote payments v1.0-rc.1 to stage"
    for part in ("### What changes", "### Where", "### Changes", "### Gates"):
        assert part in request.body
    assert "| approved | waits | `0 of 1 approvals`; `may approve: ana, bo` |" in request.body
    waits = "approved: 0 of 1 approvals; may approve: ana, bo"
    assert said(story) == [("fairlead", CheckState.PENDING, waits)]


def test_what_is_settled_is_not_written_again(story: Story) -> None:
    before = story.refs()
    assert story.later(5 * MINUTE).plan.quiet
    assert story.refs() == before


def test_the_gates_are_rewritten_when_they_change_and_nothing_else(story: Story) -> None:
    text = story.request("stage").body.partition("<!-- fairlead: gates -->")[0]
    story.edit(
        "fleet.yaml", lambda t: t.replace("approvals: {required: 1", "approvals: {required: 2")
    )
    story.approve("stage", "ana")
    story.run()
    request = story.request("stage")
    assert request.state is MergeRequestState.OPEN
    assert "`1 of 2 approvals (ana)`; `may approve: bo`" in request.body
    assert request.body.startswith(text)
    assert said(story) == [
        ("fairlead", CheckState.PENDING, "approved: 1 of 2 approvals (ana); may approve: bo")
    ]


@pytest.mark.parametrize(
    "edited",
    [
        lambda body: body.replace("waits", "open"),
        lambda body: body.replace("### What changes", "### Nothing changes"),
        lambda body: body.replace('"version":"v1.0-rc.1"', '"version":"v6.6"'),
        lambda _: "Approved by everybody. /merge",
        lambda _: "",
    ],
    ids=["a gate", "the text", "a claim", "all of it", "emptied"],
)
def test_what_a_person_writes_there_is_not_believed_and_goes(story: Story, edited: object) -> None:
    assert callable(edited)
    request = story.request("stage")
    forged = edited(request.body)
    assert forged != request.body
    story.world.forge().describe(request.number, MergeRequestText("Approved", forged))
    story.run()
    after = story.request("stage")
    assert after.state is MergeRequestState.OPEN
    assert (after.title, after.body) == (request.title, request.body)
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_a_spoofed_status_is_not_believed_and_ours_stands(story: Story) -> None:
    request = story.request("stage")
    ours = said(story)
    story.world.forge().check(request.number, request.head, STATUS, "eve", CheckState.SUCCESS)
    story.run()
    assert story.request("stage").state is MergeRequestState.OPEN
    assert said(story)[: len(ours)] == ours


def test_before_it_is_merged_the_status_says_that_all_gates_are_open(story: Story) -> None:
    story.approve("stage", "ana")
    story.run()
    request = story.requests("stage")[-1]
    assert request.state is MergeRequestState.MERGED
    (last,) = [c for c in request.checks if c.name == STATUS and c.sha == request.head]
    assert (last.state, last.description) == (CheckState.SUCCESS, "all 9 gates are open")


def test_what_is_superseded_and_what_supersedes_name_each_other(story: Story) -> None:
    old = story.request("stage")
    story.release("v1.0-rc.2", story.proven_in_dev("more work"))
    story.run()
    new = story.request("stage")
    assert new.number != old.number
    assert f"Supersedes !{old.number}." in new.body
    assert "Superseded by `v1.0-rc.2`" in story.comments(old.number)
    assert f"`{new.source_branch}`" in story.comments(old.number)
    assert "### Changelog" not in new.body  # nothing runs in stage yet


def test_a_changelog_tells_what_came_since_what_runs(story: Story) -> None:
    story.approve("stage", "ana")
    story.run()
    story.world.clusters.reconcile()
    story.run()
    story.release("v1.0-rc.2", story.proven_in_dev("Closes #1 @all\n\n/merge"))
    story.run()
    body = story.request("stage").body
    assert "### Changelog" in body
    assert "`Closes #1 @all`" in body
    assert "/merge" not in body


def test_how_what_runs_does_on_each_cluster_is_told_in_the_words_of_why(story: Story) -> None:
    story.approve("stage", "ana")
    story.run()
    story.world.clusters.reconcile()
    story.release("v1.0-rc.2", story.proven_in_dev("more work"))
    story.later(MINUTE)
    assert story.later(5 * MINUTE).plan.quiet
    (before,) = find(story.world.plan(), APP, "stage").clusters
    healthy = f"| `stage-1` | `v1.0-rc.1` | `v1.0-rc.1` | healthy | `{before.cells()[3]}` |  |"
    assert healthy in story.request("stage").body
    story.world.clusters.says[Target("stage", APP)] = {
        "readiness": "not ready",
        "message": "no @all",
        "since": story.world.clock().isoformat(),
    }
    story.later(MINUTE)
    (sick,) = find(story.world.plan(), APP, "stage").clusters
    row = f"| `stage-1` | `v1.0-rc.1` | `v1.0-rc.1` | not ready | `{sick.cells()[3]}` | `no @all` |"
    assert row in story.request("stage").body
    assert story.later(5 * MINUTE).plan.quiet


def test_an_automatic_merge_is_taken_back_and_told(story: Story) -> None:
    honest = story.world.ports()
    armed = ArmedForge(honest.repository, story.world.clock)
    ports = replace(honest, forge=armed)
    ticks: list[Ticked] = []
    loop = Loop(ports, Observer(ports, "main"), Actor(ports, ignore))
    loop.once(ticks.append)
    number = story.request("stage").number
    assert armed.cancelled == [number]
    assert any(f"!{number}: a person told the forge" in line for line in ticks[0].plan.reports)
    assert loop.plan().plan.quiet


def test_labels_of_people_stay(story: Story) -> None:
    request = story.request("stage")
    story.world.forge().label(request.number, ["urgent", "environment/prod"], ["fairlead"])
    story.run()
    expected = ("app/payments", "environment/stage", "fairlead", "urgent")
    assert story.request("stage").labels == expected


def test_a_rebuild_asks_again_and_says_that_approvals_are_void(story: Story) -> None:
    before = story.request("stage")
    path = story.overlay("stage")
    story.edit(path, lambda text: f"# {APP}\n{text}")
    story.run()
    after = story.request("stage")
    assert after.head != before.head
    assert "Approvals given before do not count" in after.body
    assert said(story)[0][1] is CheckState.PENDING
    settled = story.refs()[REF]
    assert story.later(5 * MINUTE).plan.quiet
    assert story.refs()[REF] == settled


@pytest.mark.real
def test_with_kustomize_it_shows_what_flux_would_apply(story: Story, kustomize: str) -> None:
    request = story.request("stage")
    assert "<details>" not in request.body
    story.world.forge().describe(request.number, MergeRequestText("", ""))
    ports = story.world.ports()
    actor = Actor(ports, ignore, Kustomize(kustomize).builds)
    Loop(ports, Observer(ports, "main"), actor).once(lambda _: None)
    body = story.request("stage").body
    shown = body.partition("<summary>What Flux would apply, as kustomize renders it</summary>")[2]
    assert "Deployment" in shown.partition("</details>")[0]
    assert "shop/payments:v1.0-rc.1@sha256:" in shown.partition("</details>")[0]
