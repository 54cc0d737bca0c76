"""A release that disappoints in stage, and what operators then do with the verbs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tests.end_to_end import story
from tests.end_to_end.command import Said
from tests.end_to_end.story import Story

HOLD = ".fairlead/holds/stage/payments.yaml"
OLD, NEW = "v1.0-rc.1", "v1.0-rc.2"
BRANCH = f"rollback/stage/payments/{OLD}/1"


@dataclass(frozen=True)
class Operator:
    """A person at the command line: what is said of them, and their environment."""

    told: Story
    flags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, code: int = 0) -> Said:
        return self.told.world.fairlead(*arguments, *self.flags, code=code, **self.variables)


def disappointed(told: Story) -> None:
    """`v1.0-rc.1` was proven in stage, and `v1.0-rc.2` of payments is there now."""
    world = told.world
    story.into_dev(told)
    story.proposed_for_stage(told)
    story.into_stage(told)
    told.tick()
    world.clock.advance(timedelta(minutes=31))
    told.tick()
    app = told.apps["payments"]
    commit = world.build(app, "Second version")
    told.tick()
    told.tick()
    world.clock.advance(timedelta(minutes=2))
    told.tick()
    world.release(app, NEW, commit)
    told.tick()
    told.agree("stage", ["payments"], "ana")
    told.tick()
    assert pinned(told) == NEW


def pinned(told: Story) -> str:
    """The tag of payments in stage."""
    found = story.pinned(told.world, "stage")
    return next(tag for image, (tag, _) in found.items() if image.endswith("shop/payments"))


def goes_back(told: Story, ana: Operator) -> None:
    """Ana asks for the way back, Bo agrees, and the bot goes it and stays there."""
    world = told.world
    asked = ("rollback", "payments", "stage", "--to", OLD, "--reason", "INC-7: orders are lost")
    refused = ana("rollback", "payments", "stage", "--to", "v0.9", code=2)
    assert f"v0.9 has no proof record in stage; there are: {OLD}" in refused.err
    before = world.refs()
    dry = ana(*asked, "--dry-run", code=1)
    assert f"+++ b/{HOLD}" in dry.out
    assert world.refs() == before
    opened = ana(*asked, "--json").json()
    assert (opened["changed"], opened["branch"]) == (True, BRANCH)
    assert not ana(*asked, "--json").json()["changed"]
    assert "INC-7: orders are lost" in world.body(opened["merge_request"])
    told.tick(report=False)
    assert pinned(told) == NEW
    assert told.why("payments", "stage")["approved"]["verdict"] == "waits"

    world.approve("bo", opened["merge_request"], world.refs("refs/heads/")[BRANCH])
    told.tick()
    assert pinned(told) == OLD
    assert 'reason: "INC-7: orders are lost"' in world.file(HOLD)
    assert BRANCH not in world.refs("refs/heads/")
    told.tick()
    world.clock.advance(timedelta(minutes=40))
    told.tick()
    assert pinned(told) == OLD
    assert not [b for b in story.opened(world) if b.startswith("stage/payments/")]
    held = told.why("payments", "stage")["hold"]
    assert held["verdict"] == "waits"
    assert HOLD in held["reason"]
    status = world.fairlead("status").out
    assert OLD in status


ASKED = ("hold", "payments", "stage", "--reason", "INC-8", "--until", "2h", "--json")


def hold_by_merge_request(told: Story, ana: Operator, gus: Operator) -> None:
    """Where nobody pushes to the branch a hold is asked for; who asks decides when it counts."""
    world = told.world
    assert "leave `--as` away" in ana(*ASKED, "--as", "bo", code=2).err

    # Ana may approve in stage, so what she asks for counts before anybody has merged it.
    asked = ana(*ASKED).json()
    assert (asked["commit"], asked["branch"]) == (None, "stop/hold/stage/payments/1")
    assert "at once" in asked["counts"]
    again = ana(*ASKED).json()
    assert (again["changed"], again["merge_request"]) == (False, asked["merge_request"])
    world.reconcile()
    shown = world.fairlead("status").out
    assert f"payments in stage: held by ana: INC-8 ({HOLD} in !{asked['merge_request']})" in shown
    assert ana("unhold", "payments", "stage", "--json").json()["closed"] == [asked["merge_request"]]
    assert "INC-8" not in world.fairlead("status").out

    # Gus may approve nothing in stage.
    waits = gus(*ASKED).json()
    assert "once it is merged" in waits["counts"]
    assert "it counts once it is merged" in world.fairlead("status").out
    gus("unhold", "payments", "stage")


FROZEN = ("freeze", "--environment", "stage", "--reason", "the fair", "--until", "2h", "--json")


def freeze_by_merge_request(told: Story, ana: Operator) -> None:
    """A freeze of one environment counts at once too, and is taken back."""
    asked = ana(*FROZEN).json()
    assert (asked["commit"], asked["branch"]) == (None, "stop/freeze/stage/1")
    assert "at once" in asked["counts"]
    assert "the fair" in told.world.fairlead("status").out
    closed = ana("unfreeze", "--environment", "stage", "--json").json()["closed"]
    assert closed == [asked["merge_request"]]
    assert "the fair" not in told.world.fairlead("status").out


def end_by_merge_request(told: Story, ana: Operator) -> int:
    """A hold on the branch is there until what ends it is merged; the number of that."""
    ended = ana("unhold", "payments", "stage", "--json").json()
    assert ended["commit"] is None
    told.tick()
    assert told.why("payments", "stage")["hold"]["verdict"] == "waits"
    number: int = ended["merge_request"]
    return number


def comes_again(told: Story) -> None:
    """With the hold gone, the newer release is proposed once more."""
    told.tick()
    assert f"stage/payments/{NEW}" in story.opened(told.world)
