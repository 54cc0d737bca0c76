"""Stories of a fleet that runs before Fairlead comes, and of people who change pins themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.state import Origin
from gitops.errors import InvalidInput
from tests.scenario.fleets import app_files
from tests.scenario.telling import APP, EVE, MINUTE, STATE, Chapter, Story, origins


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """A build in dev, `v1.0-rc.2` in stage and `v1.0` in prod, all set up by hand long ago."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.files()
        commit = told.world.apps[APP].commit("long ago", EVE)
        build = f"main-{commit[:7]}-20260101000000"
        names = {"dev": build, "stage": "v1.0-rc.2", "prod": "v1.0"}
        for name in names.values():
            told.images(name, commit)
        told.tag("v1.0-rc.2", commit)
        told.tag("v1.0", commit)
        written = {e: f"{n}@{digest(told, n, commit)}" for e, n in names.items()}
        told.publish(told.files(pins=written))
        told.world.clusters.reconcile()
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def digest(story: Story, tag: str, commit: str) -> str:
    """Pushing the same image again gives its digest."""
    return story.world.image(f"shop/{APP}", tag, commit)


def commit_in_prod(story: Story) -> str:
    head = story.world.apps[APP].head
    assert head is not None
    return head


def test_before_the_start_plan_works_and_run_names_the_verb(story: Story) -> None:
    before = story.refs()
    assert story.world.plan().plan.actions == ()
    with pytest.raises(InvalidInput) as refused:
        story.run()
    assert "fairlead state init" in str(refused.value.hint)
    assert story.refs() == before
    assert STATE not in before


def test_three_environments_that_run_are_adopted(story: Story) -> None:
    before = story.refs()
    story.world.init()
    assert {r: s for r, s in story.refs().items() if r != STATE} == before
    state = story.state()
    assert set(state.seen[APP]) == {"v1.0-rc.2", "v1.0"}
    assert {b.target.environment: b.release.version for b in state.baselines} == {
        "dev": f"main-{commit_in_prod(story)[:12]}",
        "stage": "v1.0-rc.2",
        "prod": "v1.0",
    }
    assert {b.origin for b in state.baselines} == {Origin.ADOPTED}
    # A baseline opens nothing. From this moment on it may earn its proof.
    assert state.proofs == ()
    init = story.world.clock()
    story.run()
    assert story.requests("stage") == ()
    story.later(10 * MINUTE)
    assert origins(story.proofs("dev")) == [Origin.ADOPTED]
    assert story.proofs("stage") == ()
    story.later(10 * MINUTE)
    story.later(10 * MINUTE)
    (proof,) = story.proofs("stage")
    assert (proof.origin, proof.release.version) == (Origin.ADOPTED, "v1.0-rc.2")
    assert proof.soak_start >= init
    assert story.proof_of("v1.0", "prod") is not None


def test_an_adopted_proof_lets_the_same_commit_go_on(story: Story) -> None:
    story.world.init()
    story.tag("v1.1", commit_in_prod(story))
    story.run()
    assert story.requests("prod") == ()
    for _ in range(3):
        story.later(10 * MINUTE)
    request = story.request("prod")
    assert request.source_branch == "promote/prod/payments/v1.1"
    assert "v1.0-rc.2 proven in stage (adopted)" in request.body
    story.approve("prod", "cy", "di")
    story.run()
    proven = story.pin("stage").partition("@")[2]
    assert story.pin("prod") == f"v1.1@{proven}"


def test_a_pin_that_says_latest_cannot_be_ordered(story: Story) -> None:
    story.edit(
        story.overlay("stage"), lambda text: text.replace("newTag: v1.0-rc.2", "newTag: latest")
    )
    story.world.init()
    assert "stage" not in {b.target.environment for b in story.state().baselines}
    story.release("v0.9-rc.1", commit_in_prod(story))
    story.run()
    story.later(MINUTE)
    story.later(10 * MINUTE)
    # Any release whose opening gates pass counts as newer; the newest of them is proposed.
    request = story.request("stage")
    assert request.source_branch == "promote/stage/payments/v1.0-rc.2"
    assert "the present version (latest) cannot be ordered" in request.body
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.2@sha256:")


def test_a_pin_that_a_person_changes_is_treated_alike(story: Story) -> None:
    story.world.init()
    for _ in range(3):
        story.later(10 * MINUTE)
    commit = story.build("newer")
    story.run()
    story.tag("v1.1-rc.1", commit)
    there = digest(story, "v1.1-rc.1", commit)
    old = story.pin("stage")
    new = f"v1.1-rc.1@{there}"
    story.edit(
        story.overlay("stage"),
        lambda text: text.replace(old.partition("@")[0], "v1.1-rc.1").replace(
            old.partition("@")[2], there
        ),
    )
    assert story.pin("stage") == new
    story.run()
    assert story.requests("stage") == ()
    (baseline,) = (b for b in story.state().baselines if b.target.environment == "stage")
    assert (baseline.origin, baseline.release.version) == (Origin.OUTSIDE, "v1.1-rc.1")
    story.tag("v1.1", commit)
    for _ in range(4):
        story.later(10 * MINUTE)
    outside = story.proof_of("v1.1-rc.1", "stage")
    assert outside is not None
    assert outside.origin is Origin.OUTSIDE
    # It is shown to those who approve the next one.
    assert "v1.1-rc.1 proven in stage (outside)" in story.request("prod").body
    assert old != new


def test_a_person_moves_a_pin_down_and_the_newer_one_is_proposed(story: Story) -> None:
    story.world.init()
    for _ in range(4):
        story.later(10 * MINUTE)
    commit = commit_in_prod(story)
    story.tag("v0.9", commit)
    story.images("v0.9", commit)
    story.edit(
        story.overlay("prod"),
        lambda text: text.replace("newTag: v1.0", "newTag: v0.9").replace(
            digest(story, "v1.0", commit), digest(story, "v0.9", commit)
        ),
    )
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.0"
    assert story.pin("prod").startswith("v0.9@")


def test_pins_without_digests_get_them_from_health(tmp_path: Path) -> None:
    with Story.new(tmp_path) as story:
        story.files()
        commit = story.world.apps[APP].commit("long ago", EVE)
        for name in ("v1.0-rc.1", "v1.0"):
            story.release(name, commit)
        host, url = story.world.registry.host, story.world.apps[APP].url
        pins = {"stage": "v1.0-rc.1", "prod": "v1.0"}
        story.publish(app_files(APP, host, url, pins=pins, digest=False))
        story.world.clusters.reconcile()
        story.world.init()
        releases = {b.target.environment: b.release for b in story.state().baselines}
        assert set(releases) == {"stage", "prod"}
        assert set(releases["stage"].digests.values()) == {digest(story, "v1.0-rc.1", commit)}


def test_a_second_start_is_refused(story: Story) -> None:
    first = story.world.init()
    with pytest.raises(InvalidInput, match="state branch already"):
        story.world.init()
    assert story.refs()[STATE] == first
