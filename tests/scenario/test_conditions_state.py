"""`v1.0` rests on records of the state branch, and on those alone that the bot itself wrote."""

from bot.adapters.git import GitRepository
from bot.adapters.ledger import BRANCH
from bot.demo.world import DEMO_KEY, World
from bot.ports import Draft, RefUpdate
from bot.records import proof_file, proof_path
from bot.secret import Secret
from bot.state import Origin, Proof
from bot.state_key import StateKey
from tests.scenario.outcomes import STAGE, closed_out, merges, proposes, stage_proofs
from tests.scenario.steps import (
    MAKER,
    approve,
    head_of,
    tag,
)


def test_a_record_with_a_wrong_mac_proves_nothing(in_stage: World) -> None:
    tag(in_stage, "v1.0", head_of(in_stage))
    running = in_stage.plan().observation.runs(STAGE)
    assert running is not None
    proof = Proof(
        STAGE,
        running.release,
        running.commit,
        running.date,
        in_stage.clock(),
        Origin.PROMOTION,
    )
    path = proof_path(STAGE, proof.release.identity)
    push_state(in_stage, path, proof_file(StateKey("acme", Secret("somebody else's " * 3)), proof))
    closed_out(in_stage, "soaked: soaked for 0:00:00 of 0:30:00")
    assert f"state branch: ignored {path}: its MAC is not valid" in in_stage.plan().plan.reports
    assert stage_proofs(in_stage) == ()

    push_state(in_stage, path, proof_file(StateKey("acme", Secret(DEMO_KEY)), proof))

    proposes(in_stage)


def test_a_record_that_was_changed_after_opening(proposed: World) -> None:
    approve(proposed, "cy", "di")
    (proof,) = stage_proofs(proposed)
    path = proof_path(STAGE, proof.release.identity)
    record = proof_file(StateKey("acme", Secret(DEMO_KEY)), proof)
    push_state(proposed, path, record.replace(b'"origin":"promotion"', b'"origin":"adopted"'))
    closed_out(proposed, "proven: waits: no proof of commit")

    push_state(proposed, path, record)

    merges(proposed)


def push_state(world: World, path: str, data: bytes) -> None:
    """Somebody with push rights puts a file on the state branch."""
    git = GitRepository(world.directory / "intruder.git", world.fleet_url, plain=True)
    git.fetch()
    head = git.head(BRANCH)
    assert head is not None
    draft = Draft((head,), "By hand\n", MAKER, world.clock(), {path: data})
    git.push([RefUpdate(f"refs/heads/{BRANCH}", head, *git.write([draft]))])
