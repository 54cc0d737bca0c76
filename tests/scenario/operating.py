"""What operators do in stories: their verbs, and a world in which two releases reached prod."""

from datetime import UTC, datetime, timedelta

from bot import wiring
from bot.asking import Desk, Done
from bot.demo.world import ignore
from bot.model import MergeRequest, MergeRequestState, Target
from bot.rolling_back import Asked, rollback
from bot.stop_change import Scope
from bot.stop_writing import Way, end, stop
from tests.scenario.telling import APP, MINUTE, Story

PROD = Target("prod", APP)
HOLD = f".fairlead/holds/prod/{APP}.yaml"
COMMIT = Way()
DRY = Way(dry=True)
PROPOSED = Way(propose=True)


def desk(story: Story, person: str) -> Desk:
    """A person at the command line."""
    world = story.world
    return Desk(wiring.ports(world.settings, now=world.clock, person=person), "main", ignore)


def hold(
    story: Story, person: str, way: Way = COMMIT, reason: str = "INC-7", hours: int = 2
) -> Done:
    """The app is held in prod for some hours."""
    until = story.world.clock().replace(microsecond=0) + timedelta(hours=hours)
    return stop(desk(story, person), Scope("prod", APP), reason, until, way)


def unhold(story: Story, person: str, way: Way = COMMIT) -> Done:
    """And no longer."""
    return end(desk(story, person), Scope("prod", APP), way)


def freeze(story: Story, person: str, environment: str | None = None, way: Way = COMMIT) -> Done:
    """An environment is frozen for two hours, or every one."""
    until = story.world.clock().replace(microsecond=0) + timedelta(hours=2)
    return stop(desk(story, person), Scope(environment), "the fair", until, way)


def unfreeze(story: Story, person: str, environment: str | None = None) -> Done:
    """And no longer."""
    return end(desk(story, person), Scope(environment), COMMIT)


def back(
    story: Story,
    version: str,
    person: str = "cy",
    *,
    dry: bool = False,
    until: datetime | None = None,
    environment: str = "prod",
) -> Done:
    """The app goes back to an older release, and is held there."""
    asked = Asked(Target(environment, APP), version, "orders are lost", until)
    return rollback(desk(story, person), asked, dry=dry)


def rollbacks(story: Story) -> tuple[MergeRequest, ...]:
    """Every merge request of a rollback."""
    return tuple(r for r in story.world.forge().list() if r.source_branch.startswith("rollback/"))


def agree(story: Story, *people: str) -> MergeRequest:
    """People approve the open rollback at its present head."""
    (request,) = (r for r in rollbacks(story) if r.state is MergeRequestState.OPEN)
    for person in people:
        story.world.forge().approve(request.number, request.head, person)
    return request


def in_prod(story: Story, version: str) -> None:
    """A new commit goes all the way, and its release is proven in prod."""
    commit = story.proven_in_stage(f"{version}-rc.1")
    story.tag(version, commit)
    story.run()
    story.approve("prod", "cy", "di")
    story.run()
    assert story.pin("prod").startswith(f"{version}@sha256:"), story.reason("prod")
    story.later(MINUTE)
    story.later(2 * MINUTE)
    assert story.proof_of(version, "prod") is not None


def proposed_to_prod(story: Story, version: str) -> MergeRequest:
    """A newer release waits for its approvals in prod."""
    story.tag(version, story.proven_in_stage(f"{version}-rc.1"))
    story.run()
    return story.request("prod")


def at(hour: int) -> datetime:
    """A moment of the stories' first days."""
    return datetime(2026, 3, 2, hour, tzinfo=UTC)
