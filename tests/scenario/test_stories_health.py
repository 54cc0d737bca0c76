"""Stories of what clusters say of a release, and of what none of it proves.

Each begins with a release that has just become healthy in stage, sees that it is not proven as long
as something is wrong, and that it is as soon as that alone is mended.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.report import find, status_text, why_json, why_text
from bot.model import Manifest, Readiness, Reference, Target
from bot.ports import Draft
from bot.verdicts import table
from tests.scenario.telling import APP, BO, MAIN, MINUTE, Chapter, Story

STAGE = Target("stage", APP)
HOUR = timedelta(hours=1)


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


def says(story: Story, **entry: object) -> None:
    """From now on stage's cluster reports this, beside what is so."""
    story.world.clusters.says[STAGE] = entry


def withheld(story: Story, by: timedelta = 32 * MINUTE) -> str:
    """Time enough for a soak passes, and nothing is proven; what `why` says of the exit gates."""
    left = by
    while left > timedelta(0):
        story.later(min(left, 8 * MINUTE))
        left -= 8 * MINUTE
    assert story.proofs("stage") == ()
    return exits(story)


def exits(story: Story) -> str:
    """What keeps what runs in stage from being proven."""
    decisions = story.world.plan().plan.decisions
    found = next(d.exits for d in decisions if d.target == STAGE)
    return "\n".join(str(getattr(v.verdict, "reason", "")) for v in found)


def proven(story: Story) -> bool:
    """Whether a whole soak without trouble is a proof now."""
    story.world.clusters.says.clear()
    for _ in range(5):
        story.later(8 * MINUTE)
    return bool(story.proofs("stage"))


@pytest.mark.parametrize(
    "reason",
    [
        "forbidden: kustomizations is forbidden",
        "suspended: Kustomization flux-system/payments",
    ],
)
def test_who_knows_nothing_says_why_and_nothing_of_revisions(story: Story, reason: str) -> None:
    says(story, readiness="unknown", revision="", message=reason)
    assert withheld(story) == f"stage-1: {reason}\nnot healthy\nnot healthy"
    assert proven(story)


def test_a_release_that_never_gets_ready_quotes_flux(story: Story) -> None:
    head = story.refs()[MAIN]
    # What ran before stays applied: Flux has tried the merge, and gave up.
    before = story.git.first_parents(head)[1].sha
    told = "health check failed after 30s: timeout waiting for: [Deployment/shop/payments: Failed]"
    says(story, readiness="not ready", revision=before, attempted=head, message=told)
    assert withheld(story).startswith(f"stage-1: not ready: {told}")
    assert story.requests("prod") == ()
    assert proven(story)


def test_an_older_failure_is_not_shown_as_that_of_this_release(story: Story) -> None:
    before = story.git.first_parents(story.refs()[MAIN])[1].sha
    says(story, readiness="not ready", revision=before, attempted=before, message="old trouble")
    said = withheld(story)
    assert said.startswith(f"stage-1: revision {before[:12]} does not contain")
    assert "not ready" not in said
    assert proven(story)


def test_a_newer_release_goes_on_where_one_never_got_ready(story: Story) -> None:
    story.world.clusters.verdicts[STAGE] = Readiness.NOT_READY
    withheld(story)
    commit = story.proven_in_dev("mended")
    story.merged_to_stage("v1.0-rc.2", commit)
    story.world.clusters.verdicts.clear()
    assert proven(story)
    assert [p.release.version for p in story.proofs("stage")] == ["v1.0-rc.2"]


def test_a_repaired_manifest_goes_on_by_itself(story: Story) -> None:
    head = story.refs()[MAIN]
    before = story.git.first_parents(head)[1].sha
    says(story, readiness="not ready", revision=before, attempted=head, message="no such secret")
    withheld(story)
    story.edit(f"apps/{APP}/base/deployment.yaml", lambda text: text + "# mended\n")
    assert proven(story)
    assert [p.release.version for p in story.proofs("stage")] == ["v1.0-rc.1"]


def test_flux_has_already_applied_a_later_commit(story: Story) -> None:
    story.edit("README.md", lambda _: "words\n")
    story.edit("README.md", lambda text: text + "more words\n")
    assert proven(story)


def test_a_later_commit_that_says_another_release_speaks_for_that_one(story: Story) -> None:
    merge = story.refs()[MAIN]
    digest = story.pin("stage").partition("@")[2]
    other = "sha256:" + "0" * 64
    later = story.edit(story.overlay("stage"), lambda text: text.replace(digest, other))
    story.edit(story.overlay("stage"), lambda text: text.replace(other, digest))
    # The cluster stopped at the commit between the two.
    story.world.clock.advance(MINUTE)
    story.world.clusters.reconcile(revision=later)
    story.run()
    assert f"at revision {later[:12]} the pin says another release" in exits(story)
    assert merge != later
    assert proven(story)


def test_history_was_rewritten_below_a_cluster(story: Story) -> None:
    head = story.refs()[MAIN]
    files = {path: file.data for path, file in story.git.tree(head).items()}
    draft = Draft((), "A new beginning\n", BO, story.world.clock(), files)
    (sha,) = story.git.write([draft])
    story.move(MAIN, sha)
    story.world.clock.advance(MINUTE)
    story.world.clusters.reconcile(revision=head)
    story.run()
    assert f"stage-1: revision {head[:12]} is not on main" in exits(story)
    assert story.soak("stage") is None
    assert proven(story)


# --- live drift -----------------------------------------------------------------------------------


def test_live_drift_ends_the_soak_and_names_the_object(story: Story) -> None:
    story.later(MINUTE)
    assert story.soak("stage") is not None
    text = "Deployment shop/payments, container payments: v9, and v8 in container worker"
    says(story, drift=[text])
    story.later(MINUTE)
    assert story.soak("stage") is None
    assert withheld(story).startswith(f"stage-1: live drift: {text}")
    assert proven(story)


def test_a_tag_where_a_digest_was_written_is_drift(story: Story) -> None:
    image = f"{story.world.registry.host}/shop/payments"
    says(story, digests={}, tags={image: "v1.0-rc.1"})
    assert f"live drift: {image} runs v1.0-rc.1 without a digest, not sha256:" in withheld(story)
    assert proven(story)


@pytest.fixture
def by_tag(tmp_path: Path) -> Iterator[Story]:
    """`v1.0-rc.1` has just been merged to stage, where no site has a place for a digest."""
    with Story.new(tmp_path) as told:
        told.begin(told.files(digest=False))
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        told.approve("stage", "ana")
        told.run()
        assert told.pin("stage") == "v1.0-rc.1@"
        yield told


def test_where_no_digest_can_be_written_the_tag_counts(by_tag: Story) -> None:
    image = f"{by_tag.world.registry.host}/shop/payments"
    says(by_tag, digests={}, tags={image: "v0.9"})
    assert f"live drift: {image} runs v0.9, not v1.0-rc.1" in withheld(by_tag)
    says(by_tag, digests={})
    assert f"it does not say which digest of {image} runs" in withheld(by_tag)
    right = {"digests": {}, "tags": {image: "v1.0-rc.1"}}
    says(by_tag, **right, running={image: "sha256:" + "0" * 64})
    assert f"live drift: {image} runs sha256:000" in withheld(by_tag)
    says(by_tag, **right)
    for _ in range(5):
        by_tag.later(8 * MINUTE)
    assert by_tag.proofs("stage")


def test_what_pods_report_proves_the_bytes_of_a_tag(by_tag: Story) -> None:
    image = f"{by_tag.world.registry.host}/shop/payments"
    by_tag.later(MINUTE)
    runs = by_tag.world.plan().observation.runs(STAGE)
    assert runs is not None
    says(by_tag, digests={}, tags={image: "v1.0-rc.1"})
    by_tag.later(MINUTE)
    assert _note(by_tag) == f"stage-1: {image} by tag alone"
    says(by_tag, digests={}, tags={image: "v1.0-rc.1"}, running=dict(runs.release.digests))
    by_tag.later(MINUTE)
    assert _note(by_tag) == ""


def test_a_platforms_own_image_in_pods_is_that_of_its_index(tmp_path: Path) -> None:
    with Story.new(tmp_path) as story:
        story.begin(story.files(digest=False))
        commit = story.proven_in_dev()
        story.tag("v1.0-rc.1", commit)
        platforms = ("linux/amd64", "linux/arm64")
        image = f"{story.world.registry.host}/shop/payments"
        index = story.world.registry.push_image(
            "shop/payments", "v1.0-rc.1", revision=commit, platforms=platforms
        )
        story.run()
        story.approve("stage", "ana")
        story.run()
        answer = story.world.ports().registry.resolve([Reference(image, digest=index)])
        (manifest,) = answer.values()
        assert isinstance(manifest, Manifest)
        assert len(manifest.children) == 2
        for child in manifest.children:
            says(story, digests={}, tags={image: "v1.0-rc.1"}, running={image: child})
            story.later(MINUTE)
            assert _note(story) == ""
        says(story, digests={}, tags={image: "v1.0-rc.1"}, running={image: "sha256:" + "0" * 64})
        story.later(MINUTE)
        assert "live drift" in exits(story)


def _note(story: Story) -> str:
    decisions = story.world.plan().plan.decisions
    healthy = next(d.exits[0] for d in decisions if d.target == STAGE)
    assert healthy.open
    return str(getattr(healthy.verdict, "note", ""))


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", ["observed", "since"])
def test_a_clock_that_is_an_hour_ahead_is_not_believed(story: Story, times: str) -> None:
    for _ in range(4):
        says(story, **{times: (story.world.clock() + 8 * MINUTE + HOUR).isoformat()})
        story.later(8 * MINUTE)
    assert story.proofs("stage") == ()
    assert "stage-1: its clock is ahead" in exits(story)
    assert proven(story)


def test_a_clock_that_is_an_hour_behind_looks_too_old(story: Story) -> None:
    for _ in range(4):
        says(story, observed=(story.world.clock() + 8 * MINUTE - HOUR).isoformat())
        story.later(8 * MINUTE)
    assert story.proofs("stage") == ()
    assert "stage-1: too old: it last looked 1:00:00 ago" in exits(story)
    assert proven(story)


def test_what_flaps_never_settles(story: Story) -> None:
    for _ in range(40):
        # It was not ready for a moment, half a minute before anybody looked.
        says(story, since=(story.world.clock() + MINUTE / 2).isoformat())
        story.later(MINUTE)
    assert story.proofs("stage") == ()
    assert "healthy for 0:00:30 of 0:02:00" in exits(story)
    story.world.clusters.says.clear()
    story.later(3 * MINUTE)
    assert story.proofs("stage")


def test_an_object_that_was_renamed_is_not_there_for_a_moment(story: Story) -> None:
    story.later(MINUTE)
    soak = story.soak("stage")
    assert soak is not None
    says(story, readiness="unknown", revision="", message="not there: Kustomization web-2")
    story.later(4 * MINUTE)
    assert "not there: Kustomization web-2" in exits(story)
    # The new object is ready since it is there. That is a short doubt, and it has to settle.
    made = story.world.clock() + MINUTE
    says(story, since=made.isoformat())
    story.later(MINUTE)
    again = story.soak("stage")
    assert again is not None
    assert again.start == soak.start
    assert "healthy for 0:00:00 of 0:02:00" in exits(story)


# --- the environment's clusters -------------------------------------------------------------------


def test_a_cluster_that_is_removed_in_mid_soak_holds_nothing_any_more(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace("[stage-1]", "[stage-1, stage-2]"))
    story.edit(
        "clusters/stage/stage-2/payments.yaml",
        lambda _: story.text("clusters/stage/stage-1/payments.yaml"),
    )
    for _ in range(5):
        _but_one(story)
    assert story.proofs("stage") == ()
    assert "stage-2: it says nothing" in exits(story)
    story.edit("fleet.yaml", lambda text: text.replace("[stage-1, stage-2]", "[stage-1]"))
    assert proven(story)


def test_a_cluster_that_joins_in_mid_soak_has_to_soak_too(story: Story) -> None:
    for _ in range(4):
        story.later(7 * MINUTE)
    before = story.soak("stage")
    assert before is not None
    story.edit("fleet.yaml", lambda text: text.replace("[stage-1]", "[stage-1, stage-2]"))
    story.edit(
        "clusters/stage/stage-2/payments.yaml",
        lambda _: story.text("clusters/stage/stage-1/payments.yaml"),
    )
    story.later(MINUTE)
    after = story.soak("stage")
    assert after is not None
    assert (before.clusters, after.clusters) == (("stage-1",), ("stage-1", "stage-2"))
    assert after.start == story.world.clock()
    for _ in range(4):
        story.later(7 * MINUTE)
    assert story.proofs("stage") == ()
    assert proven(story)


def _but_one(story: Story) -> None:
    story.world.clock.advance(8 * MINUTE)
    story.world.clusters.reconcile(skip=lambda cluster: cluster == "stage-2")
    story.run()


# --- the words ------------------------------------------------------------------------------------


def test_why_and_status_say_how_each_cluster_does_in_the_same_words(story: Story) -> None:
    told = "health check failed after 30s: timeout waiting for: [Deployment/shop/payments]"
    since = story.world.clock()
    says(story, readiness="not ready", message=told, since=since.isoformat())
    story.later(MINUTE)
    ticked = story.world.plan()
    why = why_text(find(ticked, APP, "stage"))
    at = f"{since:%Y-%m-%d %H:%M:%S} UTC"
    line = f"stage-1: wants v1.0-rc.1, runs v1.0-rc.1, not ready since {at}: {told}"
    assert line in why
    assert f"healthy: waits: stage-1: not ready: {told}" in why
    status = status_text(ticked).splitlines()
    (row,) = (text for text in status if "stage/stage-1" in text)
    assert re.split(r"  +", row) == [
        *(APP, "stage/stage-1", "v1.0-rc.1", "v1.0-rc.1", "not ready", at, told)
    ]
    story.world.clusters.says.clear()
    story.later(MINUTE)
    assert "stage/stage-1" not in status_text(story.world.plan())
    assert "stage/stage-1" in status_text(story.world.plan(), every=True)


def test_what_a_cluster_does_not_run_yet_is_told_by_its_version(story: Story) -> None:
    before = story.refs()[MAIN]
    commit = story.proven_in_dev("next")
    story.merged_to_stage("v1.0-rc.2", commit)
    story.world.clock.advance(MINUTE)
    story.world.clusters.reconcile(revision=before)
    ticked = story.world.plan()
    why = why_text(find(ticked, APP, "stage"))
    assert "stage-1: wants v1.0-rc.2, runs v1.0-rc.1, reconciling: revision" in why
    (told,) = json.loads(why_json(find(ticked, APP, "stage")))["clusters"]
    assert (told["wanted"], told["running"], told["health"]) == (
        *("v1.0-rc.2", "v1.0-rc.1", "reconciling"),
    )
    # The release before is well since then; of this one nobody knows.
    assert told["since"] is None
    assert told["reason"].startswith(f"revision {before[:12]} does not contain")


def test_what_a_cluster_says_commands_nobody_and_has_an_end(story: Story) -> None:
    story.tag("v1.0", story.proofs("dev")[-1].release.commit or "")
    says(story, readiness="not ready", message="/merge @ana `x` <b>\x1b[31m\n" * 2000)
    story.later(MINUTE)
    decision = find(story.world.plan(), APP, "prod")
    (proven_row,) = (r for r in table(decision.verdicts).splitlines() if r.startswith("| proven"))
    span = proven_row.split("`")[1]
    assert "/merge @ana 'x' <b>?[31m /merge" in span
    assert len(proven_row) < 2000
    assert "\x1b" not in why_text(find(story.world.plan(), APP, "stage"))
    assert len(why_text(find(story.world.plan(), APP, "stage"))) < 4000
