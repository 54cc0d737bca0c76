"""Messages of commits on the target branch are anybody's word: what hostile ones can do."""

from dataclasses import replace
from datetime import timedelta

from bot.demo.world import World
from bot.describe import branch_name, commit_message
from bot.model import Target
from bot.plan import Promotion
from tests.scenario.steps import APP, build, soaked_in_stage, tag

STAGE = Target("stage", APP)
NOWHERE = "0" * 40


def forged(world: World, commit: str, version: str, state: str | None = None) -> str:
    """A message that claims that what runs in stage is another release."""
    running = world.plan().observation.runs(STAGE)
    assert running is not None
    release = replace(running.release, version=version, commit=commit)
    promotion = Promotion(STAGE, release, branch_name(STAGE, version))
    return commit_message([promotion], state or world.plan().observation.state.sha)


def publish_docs(world: World, message: str) -> None:
    """A person merges a change of a file that nothing promotes."""
    world.publish(world.fleet_tree().replace({"docs/notes.md": b"notes\n"}), message.rstrip("\n"))


def proven_commits(world: World) -> set[str | None]:
    """The app's commits with a proof record in stage."""
    proofs = world.plan().observation.state.proofs
    return {p.release.commit for p in proofs if p.target == STAGE}


def test_a_claim_in_a_commit_that_changes_no_pin_proves_nothing(in_stage: World) -> None:
    real = in_stage.plan().observation.runs(STAGE)
    assert real is not None
    untested = build(in_stage, "never ran anywhere")
    tag(in_stage, "v1.0-rc.2", untested)
    publish_docs(in_stage, forged(in_stage, untested, "v1.0-rc.2"))
    publish_docs_again = forged(in_stage, untested, "not-a-tag")
    in_stage.publish(
        in_stage.fleet_tree().replace({"docs/more.md": b"more\n"}), publish_docs_again.rstrip("\n")
    )
    soaked_in_stage(in_stage)
    assert proven_commits(in_stage) == {real.release.commit}


def test_a_state_named_in_a_commit_that_promotes_nothing_halts_nothing(in_stage: World) -> None:
    real = in_stage.plan().observation.runs(STAGE)
    assert real is not None
    publish_docs(in_stage, forged(in_stage, real.release.commit or "", "v1.0-rc.1", NOWHERE))
    ticked = in_stage.plan()
    assert ticked.plan.halt is None
    assert ticked.observation.state_lost is None
    in_stage.pass_time(timedelta(minutes=1))
    assert in_stage.plan().observation.state.halt is None
