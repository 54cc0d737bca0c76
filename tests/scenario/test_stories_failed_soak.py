"""Stories of `on_failure: hold`: a release that turned unready in its soak has failed it."""

import contextlib
from collections.abc import Iterator

import pytest

from bot.model import Readiness, Target
from bot.observe import Observer
from bot.plan import PromotionState
from bot.restarting import record, restarted
from gitops.errors import InvalidInput, Unavailable
from tests.scenario.telling import APP, MINUTE, Chapter, Story
from tests.simulation.cutting import Crash, Cut, Knife

STAGE = Target("stage", APP)
HOLD = ("    soak: 30m\n", "    soak: 30m\n    on_failure: hold\n")
RESTART = (HOLD[1], HOLD[0])


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` soaks in stage, where failures hold; `v1.0` is tagged."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.edit("fleet.yaml", lambda text: text.replace(*HOLD))
        commit = told.proven_in_dev()
        told.merged_to_stage("v1.0-rc.1", commit)
        told.tag("v1.0", commit)
        told.later(MINUTE)
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        assert told.soak("stage") is not None
        yield told


def crashed(story: Story) -> None:
    """The app is not ready for a minute, and ready again."""
    story.world.clusters.verdicts[STAGE] = Readiness.NOT_READY
    story.later(MINUTE)
    story.world.clusters.verdicts.clear()


def soaked(story: Story) -> bool:
    """Whether a whole soak without trouble is a proof."""
    story.later(9 * MINUTE)
    story.later(31 * MINUTE)
    return bool(story.proofs("stage"))


def let(story: Story, reason: str = "the node died") -> None:
    """`fairlead state restart`."""
    ports = story.world.ports()
    observation = Observer(ports, "main").observe()
    record(ports, observation, restarted(STAGE, observation, "cy", reason, story.world.clock()))


def test_what_failed_its_soak_is_never_proven(story: Story) -> None:
    crashed(story)
    assert not soaked(story)
    assert story.soak("stage") is None
    (failure,) = story.state().failures
    assert (failure.target, failure.version, failure.cluster) == (STAGE, "v1.0-rc.1", "stage-1")
    assert failure.reason == "stage-1: not ready: simulated: not ready"
    decision = next(d for d in story.world.plan().plan.decisions if d.target == STAGE)
    assert decision.state is PromotionState.FAILED
    said = story.reason("prod")
    assert "soaked: failed its soak at" in said
    assert "fairlead state restart payments stage" in said
    assert story.requests("prod") == ()


def test_where_a_failure_restarts_the_soak_it_is_proven_in_the_end(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace(*RESTART))
    story.later(MINUTE)
    crashed(story)
    assert soaked(story)
    assert story.state().failures == ()


def test_an_app_may_hold_where_the_fleet_restarts(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace(*RESTART))
    own = "environments: {stage: {on_failure: hold}}\n"
    story.edit(f"apps/{APP}/app.yaml", lambda text: text + own)
    story.later(MINUTE)
    crashed(story)
    assert not soaked(story)


def test_a_newer_release_is_not_held(story: Story) -> None:
    crashed(story)
    story.later(MINUTE)
    commit = story.proven_in_dev("mended")
    story.merged_to_stage("v1.0-rc.2", commit)
    assert soaked(story)
    assert [p.release.version for p in story.proofs("stage")] == ["v1.0-rc.2"]
    # What failed is still known to have failed.
    assert [f.version for f in story.state().failures] == ["v1.0-rc.1"]


def test_a_person_lets_it_soak_again(story: Story) -> None:
    crashed(story)
    story.later(MINUTE)
    let(story)
    (failure,) = story.state().failures
    assert failure.restarted is not None
    assert (failure.restarted.by, failure.restarted.reason) == ("cy", "the node died")
    assert soaked(story)


def test_what_fails_again_is_held_again(story: Story) -> None:
    crashed(story)
    story.later(MINUTE)
    let(story)
    story.later(MINUTE)
    assert story.soak("stage") is not None
    crashed(story)
    assert not soaked(story)
    (failure,) = story.state().failures
    assert failure.restarted is None


def test_only_what_failed_can_be_let_again(story: Story) -> None:
    with pytest.raises(InvalidInput, match=r"v1\.0-rc\.1 has not failed its soak"):
        let(story)
    crashed(story)
    with pytest.raises(InvalidInput, match="no reason"):
        let(story, " ")
    let(story)
    with pytest.raises(InvalidInput, match="has not failed"):
        let(story)


def test_doubt_and_drift_are_no_failure(story: Story) -> None:
    story.world.clusters.says[STAGE] = {"drift": ["Deployment shop/payments: v9"]}
    story.later(MINUTE)
    story.world.clusters.says[STAGE] = {"readiness": "unknown", "message": "unreachable"}
    story.later(9 * MINUTE)
    story.later(9 * MINUTE)
    story.world.clusters.says.clear()
    assert soaked(story)
    assert story.state().failures == ()


def test_before_its_soak_began_nothing_fails(story: Story) -> None:
    commit = story.proven_in_dev("slow")
    story.world.clusters.verdicts[STAGE] = Readiness.NOT_READY
    story.merged_to_stage("v1.0-rc.2", commit)
    story.later(9 * MINUTE)
    story.world.clusters.verdicts.clear()
    assert soaked(story)


@pytest.mark.parametrize("cut", Cut)
def test_a_failure_is_known_whichever_call_of_its_record_is_cut(
    chapter: Chapter, story: Story, cut: Cut
) -> None:
    calls = _failing(story, Knife())
    assert any(call.startswith("ledger.write") for call in calls)
    for at in range(len(calls)):
        with chapter.go_on() as again:
            with contextlib.suppress(Crash, Unavailable):
                _failing(again, Knife(at, cut))
            # Never half of it: the soak has ended where its failure is known, and only there.
            known = [f.version for f in again.state().failures] == ["v1.0-rc.1"]
            assert known == (again.soak("stage") is None)
            again.run()
            assert [f.version for f in again.state().failures] == ["v1.0-rc.1"]
            assert again.soak("stage") is None
            before = again.refs()
            again.run()
            assert again.refs() == before


def _failing(story: Story, knife: Knife) -> list[str]:
    """The tick that sees the app unready, and its calls with an effect."""
    story.world.clusters.verdicts[STAGE] = Readiness.NOT_READY
    story.world.clock.advance(MINUTE)
    story.world.clusters.reconcile()
    story.world.loop(knife.ports(story.world.ports())).once(lambda _: None)
    return knife.calls
