"""Stories of the state branch: lost, rewound, written to by somebody; and of halts."""

from collections.abc import Iterator

import pytest

from bot.model import MergeRequestState, Target
from gitops.errors import InvalidInput
from tests.scenario.telling import APP, MAIN, MINUTE, STATE, Chapter, Story


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` was merged to stage and is healthy there; nothing is proven in stage yet."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        commit = told.proven_in_dev()
        told.merged_to_stage("v1.0-rc.1", commit)
        told.tag("v1.0", commit)
        told.later(MINUTE)
        assert told.soak("stage") is not None
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def without_forge(refs: dict[str, str]) -> dict[str, str]:
    return {ref: sha for ref, sha in refs.items() if not ref.startswith("refs/fairlead/")}


def test_the_state_branch_is_deleted(story: Story) -> None:
    story.move(STATE, None)
    before = story.refs()
    story.build("more work")
    ticked = story.run()
    assert ticked.plan.halt is not None
    assert "state lost or rewound" in ticked.plan.halt.reason
    story.later(31 * MINUTE)
    assert story.refs() == before

    # A person gives the old state up. Proofs and soaks are gone: what runs has to earn them anew.
    story.clear_halt()
    state = story.state()
    assert (state.proofs, state.soaks) == ((), ())
    assert {b.target for b in state.baselines} == set()
    assert set(state.seen[APP]) == {"v1.0-rc.1", "v1.0"}
    story.run()
    assert story.requests("prod") == ()
    story.later(MINUTE)
    assert story.requests("prod") == ()
    story.soaked_in_stage()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.0"


def test_the_state_branch_is_rewound(story: Story) -> None:
    newest = story.refs()[STATE]
    story.git.fetch()
    oldest = story.git.first_parents(newest)[-1].sha
    story.move(STATE, oldest)
    before = without_forge(story.refs())
    halted = story.run()
    assert halted.plan.halt is not None
    assert "does not descend" in halted.plan.halt.reason
    # The halt is all that was written, on the branch that is there.
    after = without_forge(story.refs())
    assert {r for r in after if after[r] != before.get(r)} <= {STATE}
    story.build("more work")
    story.later(31 * MINUTE)
    assert without_forge(story.refs())[MAIN] == before[MAIN]

    # Somebody finds the right one and puts it back: that alone ends the halt.
    story.move(STATE, newest)
    assert story.run().plan.halt is None
    # Health was without a break all the while, and says so itself: the soak is over.
    (proof,) = story.proofs("stage")
    assert proof.soaked_at - proof.soak_start >= 30 * MINUTE


def test_a_rewound_state_branch_is_given_up(story: Story) -> None:
    newest = story.refs()[STATE]
    story.move(STATE, story.git.first_parents(newest)[-1].sha)
    story.run()
    story.clear_halt()
    ticked = story.run()
    assert ticked.plan.halt is None
    assert ticked.observation.state.halt is None
    assert ticked.observation.state_lost is None
    assert newest not in [c.sha for c in story.git.first_parents(story.refs()[STATE])]


def test_somebody_else_writes_to_the_state_branch(story: Story) -> None:
    proof = next(p for p in story.git.tree(story.refs()[STATE]) if p.startswith("proofs/dev/"))
    text = story.git.tree(story.refs()[STATE])[proof].data
    forged = proof.replace("proofs/dev/", "proofs/stage/")
    story.commit_on(STATE, {forged: text.replace(b'"dev"', b'"stage"'), "notes.txt": b"hello\n"})
    ticked = story.run()
    # It is ignored and reported; nothing is proven by it, and the rest goes on.
    assert story.proofs("stage") == ()
    assert story.requests("prod") == ()
    said = "\n".join(ticked.plan.reports)
    assert forged in said
    assert "MAC is not valid" in said
    assert "notes.txt" in said
    story.soaked_in_stage()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.0"


def test_a_record_that_somebody_spoilt_counts_no_longer(story: Story) -> None:
    story.soaked_in_stage()
    request = story.approve("prod", "cy")
    (path,) = [p for p in story.git.tree(story.refs()[STATE]) if p.startswith("proofs/stage/")]
    story.commit_on(STATE, {path: b"{}\n"})
    story.approve("prod", "di")
    story.run()
    assert story.pin("prod").startswith("0.0.0-unreleased")
    # Stage still runs it, healthy: it soaks once more, and the record is written again.
    story.soaked_in_stage()
    story.run()
    assert story.pin("prod").startswith("v1.0@")
    assert story.world.forge().show(request.number).request.state is MergeRequestState.MERGED


def test_nothing_is_halted(story: Story) -> None:
    with pytest.raises(InvalidInput, match="nothing is halted"):
        story.clear_halt()
    assert story.state().halt is None
    assert Target("stage", APP) in {s.target for s in story.state().soaks}
