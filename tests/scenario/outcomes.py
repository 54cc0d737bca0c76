"""What stories see of prod: that nothing reached it and why, or that a release did."""

from bot.demo.world import World
from bot.model import MergeRequestState, Target
from bot.state import Proof
from tests.scenario.steps import APP, opened, pins, requests, why

STAGE = Target("stage", APP)
PROD = f"apps/{APP}/envs/prod/kustomization.yaml"


def closed_out(world: World, reason: str) -> None:
    """The bot runs; prod stays as it is, byte for byte, and `why` names the reason."""
    before = world.fleet_tree()[PROD]
    merged = len(merged_to_prod(world))
    world.run()
    told = why(world)
    assert world.fleet_tree()[PROD] == before, told
    assert len(merged_to_prod(world)) == merged, told
    assert reason in told, told


def merges(world: World, release: str = "v1.0") -> None:
    """The bot runs, and the release is what prod says."""
    world.run()
    assert pins(world, "prod").count(f"newTag: {release}\n") == 2, why(world)
    assert merged_to_prod(world)[-1] == f"promote/prod/{APP}/{release}"


def proposes(world: World, release: str = "v1.0") -> None:
    """The bot runs, and the release has its merge request."""
    world.run()
    assert opened(world).source_branch == f"promote/prod/{APP}/{release}"


def merged_to_prod(world: World) -> list[str]:
    """The branches of merge requests that were merged into prod, in order."""
    return [
        r.source_branch
        for r in requests(world)
        if r.state is MergeRequestState.MERGED and r.source_branch.startswith("promote/prod/")
    ]


def no_request_for_prod(world: World) -> bool:
    """Whether no merge request for prod was ever opened."""
    return not any(r.source_branch.startswith("promote/prod/") for r in requests(world))


def stage_proofs(world: World) -> tuple[Proof, ...]:
    """The valid proof records of stage."""
    return tuple(p for p in world.plan().observation.state.proofs if p.target == STAGE)
