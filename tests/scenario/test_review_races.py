"""Between deciding and acting the world goes on: what then must not be carried out any more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot import wiring
from bot.act import FRESH, Actor, Outcome
from bot.asking import Desk
from bot.decide import decide
from bot.demo.world import World, ignore
from bot.forge import MergeRequestText
from bot.model import CheckState, MergeRequest, MergeRequestState
from bot.observation import Observation
from bot.observe import Observer
from bot.plan import Merge, Open, Plan, Rebuild
from bot.ports import Ports, StateChange
from bot.state import Halt
from bot.stop_change import Scope
from bot.stop_writing import Way, stop
from gitops.errors import Conflict, Unavailable
from tests.scenario.steps import APP, approve, edit, head_of, opened, pins, requests, tag

OVERLAY = f"apps/{APP}/envs/prod/kustomization.yaml"
RULE = "approvals: {required: 2, from: [release-managers]}"


@dataclass
class Instance:
    """A bot that has decided and is then held up."""

    ports: Ports
    observation: Observation
    plan: Plan

    @classmethod
    def decided(cls, world: World) -> "Instance":
        ports = world.ports()
        observation = Observer(ports, "main").observe()
        return cls(ports, observation, decide(observation, world.clock()))

    def act(self) -> tuple[Outcome, ...]:
        return Actor(self.ports, ignore).act(self.plan, self.observation)


def asks_for_three(world: World) -> None:
    edit(world, "fleet.yaml", RULE, RULE.replace("2", "3"))


def halts(world: World) -> None:
    ledger, now = world.ports().ledger, world.clock()
    ledger.write(ledger.read().sha, StateChange(seen={}, halt=Halt("look here", now)), now)


def lets_the_window_close(world: World) -> None:
    world.clock.advance(timedelta(hours=2))


@pytest.mark.parametrize("meanwhile", [asks_for_three, halts, lets_the_window_close])
def test_an_approved_merge_is_left_alone(
    proposed: World, meanwhile: Callable[[World], None]
) -> None:
    now = proposed.clock()
    window = f'"Mon-Sun 00:00-{now + timedelta(hours=1):%H:%M} UTC"'
    edit(proposed, "fleet.yaml", RULE, f"{RULE}\n    windows: [{window}]")
    approve(proposed, "cy", "di")
    before = pins(proposed, "prod")
    late = Instance.decided(proposed)
    assert isinstance(late.plan.actions[-1], Merge)
    meanwhile(proposed)
    assert isinstance(late.act()[-1].error, Conflict)
    assert pins(proposed, "prod") == before


def nothing(_: World) -> None:
    """The twin, which merges."""


def a_check_fails(world: World) -> None:
    request = opened(world)
    world.forge().check(request.number, request.head, "render", "ci", CheckState.FAILURE)


def somebody_begins_a_hold(world: World) -> None:
    person = wiring.ports(world.settings, now=world.clock, person="cy")
    until = world.clock().replace(microsecond=0) + timedelta(hours=2)
    stop(Desk(person, "main", ignore), Scope("prod", APP), "INC-7", until, Way(propose=True))


def somebody_closes_it(world: World) -> None:
    world.forge().close_by_person(opened(world).number, "eve")


@pytest.mark.parametrize(
    "meanwhile", [nothing, a_check_fails, somebody_begins_a_hold, somebody_closes_it]
)
def test_what_was_said_before_a_long_plan_is_read_again_before_it_merges(
    proposed: World, meanwhile: Callable[[World], None]
) -> None:
    edit(proposed, "fleet.yaml", RULE, f"{RULE}\n    checks: [{{name: render, source: ci}}]")
    approve(proposed, "cy", "di")
    request = opened(proposed)
    proposed.forge().check(request.number, request.head, "render", "ci", CheckState.SUCCESS)
    before = pins(proposed, "prod")
    late = Instance.decided(proposed)
    assert isinstance(late.plan.actions[-1], Merge)
    meanwhile(proposed)
    error = late.act()[-1].error
    assert (error is None) == (pins(proposed, "prod") != before) == (meanwhile is nothing)
    assert error is None or isinstance(error, Conflict)


def test_what_was_read_just_now_is_not_read_again(proposed: World) -> None:
    approve(proposed, "cy", "di")
    late = Instance.decided(proposed)
    late.ports = _with_forge(late.ports, _Unread(late.ports.forge))
    now = proposed.clock()
    old = Actor(late.ports, ignore).act(late.plan, late.observation, now - 2 * FRESH)
    assert isinstance(old[-1].error, Unavailable)
    assert Actor(late.ports, ignore).act(late.plan, late.observation, now)[-1].error is None


def test_two_instances_open_one_merge_request_for_one_place(proven: World) -> None:
    """One of them has not seen the newer tag, and nothing that it would have to write down."""
    tag(proven, "v1.0", head_of(proven))
    first = Instance.decided(proven)
    Actor(first.ports, ignore).remember(first.plan)
    late = Instance.decided(proven)
    assert [type(a) for a in late.plan.actions] == [Open]
    tag(proven, "v1.1", head_of(proven))
    proven.run()
    (outcome,) = late.act()
    assert isinstance(outcome.error, Conflict)
    open_ = [r for r in requests(proven) if r.state is MergeRequestState.OPEN]
    assert [r.source_branch for r in open_] == [f"promote/prod/{APP}/v1.1"]


def test_a_rebuild_cut_off_after_its_first_half_still_says_that_approvals_are_void(
    proposed: World,
) -> None:
    edit(proposed, OVERLAY, f"# {APP} in prod", f"# {APP} in prod, for real")
    late = Instance.decided(proposed)
    (step,) = late.plan.actions
    assert isinstance(step, Rebuild)
    pushes = _Cut(late.ports.forge)
    late.ports = _with_forge(late.ports, pushes)
    late.act()
    proposed.run()
    assert "Approvals given before do not count" in opened(proposed).body


class _Cut:
    """A forge whose answer to `describe` never arrives; the rest is the real one's."""

    def __init__(self, forge: object) -> None:
        self._forge = forge

    def __getattr__(self, name: str) -> object:
        return getattr(self._forge, name)

    def describe(self, number: int, text: MergeRequestText) -> None:
        raise Unavailable(f"no answer about !{number}: {text.title}", service="forge")


class _Unread(_Cut):
    """One that does not answer what there is."""

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        raise Unavailable("no answer", service="forge")


def _with_forge(ports: Ports, forge: object) -> Ports:
    return replace(ports, forge=forge)  # type: ignore[arg-type]
