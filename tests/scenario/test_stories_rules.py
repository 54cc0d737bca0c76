"""Stories of rules and keys that change while a release is on its way."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.secret import Secret
from gitops.errors import InvalidInput
from tests.scenario.fleets import SYNC
from tests.scenario.telling import MINUTE, STATE, Chapter, Story


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` is approved for stage by one, as the rule says, and not merged yet."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        told.approve("stage", "ana")
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def test_the_rule_of_the_target_branch_counts_when_it_merges(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace("required: 1,", "required: 2,"))
    story.run()
    assert story.pin("stage") == "0.0.0-unreleased@"
    assert "1 of 2 approvals (ana)" in story.reason("stage")
    story.approve("stage", "bo")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_whoever_leaves_the_group_no_longer_counts(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace("qa: [ana, bo, eve]", "qa: [bo, eve]"))
    story.run()
    assert story.pin("stage") == "0.0.0-unreleased@"
    assert "ana is not in qa" in story.reason("stage")


def test_a_rule_in_the_merge_request_itself_does_not_count(story: Story) -> None:
    # Somebody loosens the rule on the promotion branch: foreign, and not read from there.
    branch = "refs/heads/promote/stage/payments/v1.0-rc.1"
    story.commit_on(branch, {"fleet.yaml": story.text("fleet.yaml").replace("1,", "0,").encode()})
    before = story.refs()
    story.run()
    assert {r: s for r, s in story.refs().items() if "fairlead/" not in r} == {
        r: s for r, s in before.items() if "fairlead/" not in r
    }
    assert "foreign commit" in story.reason("stage")


def test_another_key_writes_nothing_and_merges_nothing(story: Story) -> None:
    before = story.refs()
    right = story.world.settings
    story.world.settings = replace(right, state_key=Secret("another key, which is long enough too"))
    story.world.clock.advance(MINUTE)
    with pytest.raises(InvalidInput, match="under this key"):
        story.run()
    assert story.refs() == before
    # It says so before anything else, and would not deliver what needs no record either.
    assert "was not started for this fleet" in (story.world.plan().observation.state_lost or "")
    assert story.world.plan().plan.actions == ()
    story.world.settings = right
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_a_key_that_is_lost_for_good_is_replaced_by_a_person(story: Story) -> None:
    old = story.refs()[STATE]
    new = replace(story.world.settings, state_key=Secret("a new key, and long enough for one"))
    story.world.settings = new
    story.clear_halt()
    state = story.state()
    assert (state.ours, state.proofs, state.rejected) == (True, (), ())
    assert old in state.replaces
    assert set(state.seen["payments"]) == {"v1.0-rc.1"}
    # The merge request rested on proofs that are gone with the key: it is made anew, and waits.
    story.later(MINUTE)
    story.later(MINUTE)
    assert story.proofs("dev")
    assert story.pin("stage") == "0.0.0-unreleased@"
    assert "ana approved an older head" in story.reason("stage")
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_a_cluster_that_joins_has_to_become_healthy_too(story: Story) -> None:
    story.run()
    story.later(MINUTE)
    began = story.soak("stage")
    assert began is not None
    tree = story.world.fleet_tree()
    sync = SYNC % {"environment": "stage", "cluster": "stage-2"}
    app = tree["clusters/stage/stage-1/payments.yaml"].data
    fleet = tree["fleet.yaml"].data.replace(b"[stage-1]", b"[stage-1, stage-2]")
    new = {
        "fleet.yaml": fleet,
        "clusters/stage/stage-2/flux-system/gotk-sync.yaml": sync.encode(),
        "clusters/stage/stage-2/payments.yaml": app,
    }
    story.world.publish(tree.replace(new), "One more cluster")
    for _ in range(4):
        story.world.clock.advance(10 * MINUTE)
        story.world.clusters.reconcile(skip=lambda cluster: cluster == "stage-2")
        story.run()
    # It says nothing, and longer than `max_age`: nothing is proven, the soak is over.
    assert story.proofs("stage") == ()
    assert story.soak("stage") is None
    story.later(MINUTE)
    story.later(30 * MINUTE)
    (proof,) = story.proofs("stage")
    assert proof.soak_start > began.start
