"""The oracle sees what it is there to see: one history for each rule that is broken in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.demo.world import World
from bot.forge import MergeRequestText
from bot.model import IDENTITY
from bot.ports import Draft, RefUpdate
from bot.tick import Ticked
from gitops.tree import Tree
from tests.scenario.fleets import app_files, fleet_files
from tests.simulation.oracle import Oracle, inconstant
from tests.simulation.story import OPERATOR

APP = "payments"
PROD = "apps/payments/envs/prod/kustomization.yaml"
STAGE = "apps/payments/envs/stage/kustomization.yaml"
DEV = "apps/payments/envs/dev/kustomization.yaml"
MAKERS = frozenset({"eve"})


@dataclass
class Fleet:
    """A fleet with one app, and an oracle that has seen how it began."""

    world: World
    oracle: Oracle

    def edit(self, path: str, old: str, new: str) -> dict[str, bytes]:
        text = self.world.fleet_tree()[path].data.decode()
        assert old in text
        return {path: text.replace(old, new).encode()}

    def draft(self, changed: dict[str, bytes], parents: tuple[str, ...] = ()) -> Draft:
        repository = self.world.ports().repository
        head = repository.head("main") or ""
        return Draft(parents or (head,), "Anything\n", IDENTITY, self.world.clock(), changed)

    def push(self, branch: str, draft: Draft) -> str:
        """Move a branch as Fairlead would be able to."""
        repository = self.world.ports().repository
        (sha,) = repository.write([draft])
        old = repository.head(branch)
        repository.push([RefUpdate(f"refs/heads/{branch}", old, sha)])
        return sha

    def merged(self, changed: dict[str, bytes], *people: str, branch: str = "v2") -> None:
        """The merge of a merge request for prod that these people approved."""
        source = f"promote/prod/{APP}/{branch}"
        self.push(source, self.draft(changed))
        forge = self.world.forge()
        request = forge.open(source, "main", MergeRequestText("a title", ""))
        for person in people:
            forge.approve(request.number, request.head, person)
        forge.merge(request.number, request.head, "Merge\n")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    world = World(tmp_path / "world")
    app = world.app(APP)
    pins = {"dev": "main-0123456-20260301000000", "stage": "v1.1-rc.1", "prod": "v1.0"}
    files = fleet_files() | app_files(APP, world.registry.host, app.url, pins=pins, digest=False)
    world.publish(Tree.of(files), "The fleet", OPERATOR)
    oracle = Oracle(world.directory / "fleet.git", MAKERS)
    assert oracle.violations() == ()
    yield Fleet(world, oracle)
    world.close()


def rules(fleet: Fleet) -> list[str]:
    """The rules that the oracle finds broken."""
    return sorted(text.partition(":")[0] for text in fleet.oracle.violations())


# --- what is right --------------------------------------------------------------------------------


def test_an_approved_merge_is_right(fleet: Fleet) -> None:
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), "cy", "di")
    assert rules(fleet) == []


def test_a_build_committed_to_dev_is_right(fleet: Fleet) -> None:
    fleet.push("main", fleet.draft(fleet.edit(DEV, "20260301000000", "20260302000000")))
    assert rules(fleet) == []


def test_a_person_may_do_what_fairlead_may_not(fleet: Fleet) -> None:
    draft = fleet.draft(fleet.edit(PROD, "v1.0", "v0.9"))
    fleet.push("main", replace(draft, author=OPERATOR))
    assert rules(fleet) == []


def test_each_commit_is_told_once(fleet: Fleet) -> None:
    fleet.push("main", fleet.draft({"fleet.yaml": b"x\n"}))
    assert rules(fleet) == ["S5"]
    assert rules(fleet) == []


# --- S1 -------------------------------------------------------------------------------------------


def test_a_commit_to_guarded_files_breaks_s1(fleet: Fleet) -> None:
    fleet.push("main", fleet.draft(fleet.edit(PROD, "v1.0", "v2.0")))
    assert rules(fleet) == ["S1"]


@pytest.mark.parametrize(
    "people", [(), ("cy",), ("cy", "cy"), ("cy", "eve"), ("cy", "ana"), ("cy", "fairlead")]
)
def test_too_few_of_the_right_people_break_s1(fleet: Fleet, people: tuple[str, ...]) -> None:
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), *people)
    assert rules(fleet) == ["S1"]


def test_approvals_of_another_head_break_s1(fleet: Fleet) -> None:
    source = f"promote/prod/{APP}/v2.0"
    old = fleet.push(source, fleet.draft(fleet.edit(PROD, "v1.0", "v1.9")))
    forge = fleet.world.forge()
    request = forge.open(source, "main", MergeRequestText("a title", ""))
    for person in ("cy", "di"):
        forge.approve(request.number, old, person)
    new = fleet.push(source, fleet.draft(fleet.edit(PROD, "v1.0", "v2.0")))
    fleet.world.forge().merge(request.number, new, "Merge\n")
    assert rules(fleet) == ["S1"]


def test_a_rule_loosened_by_the_same_merge_request_breaks_s1(fleet: Fleet) -> None:
    changed = fleet.edit(PROD, "v1.0", "v2.0")
    changed |= fleet.edit("fleet.yaml", "{required: 2, from: [rel", "{required: 1, from: [rel")
    fleet.merged(changed, "cy")
    assert rules(fleet) == ["S1", "S5", "S5"]


# --- S4 and S5 ------------------------------------------------------------------------------------


def test_a_lower_version_breaks_s4(fleet: Fleet) -> None:
    fleet.merged(fleet.edit(PROD, "v1.0", "v0.9"), "cy", "di")
    assert rules(fleet) == ["S4"]


def test_an_older_build_breaks_s4(fleet: Fleet) -> None:
    fleet.push("main", fleet.draft(fleet.edit(DEV, "20260301000000", "20260228000000")))
    assert rules(fleet) == ["S4"]


Edit = Callable[[Fleet], dict[str, bytes]]


@pytest.mark.parametrize(
    "edit",
    [
        lambda fleet: fleet.edit("fleet.yaml", "name: acme", "name: other"),
        lambda fleet: {".gitlab-ci.yml": b"build: {}\n"},
        lambda fleet: fleet.edit(f"apps/{APP}/base/deployment.yaml", "name: payments", "name: p"),
        lambda fleet: fleet.edit(DEV, "resources:", "resources: # here"),
        lambda fleet: fleet.edit(DEV, "images:\n", "images:\n\n"),
        lambda fleet: fleet.edit(DEV, "newTag: ", "newTag:  "),
        lambda fleet: {"clusters/dev/dev-1/more.yaml": b"suspend: false\n"},
    ],
    ids=["fleet", "ci", "shared file", "comment", "line", "spelling", "new file"],
)
def test_anything_but_a_site_breaks_s5(fleet: Fleet, edit: Edit) -> None:
    fleet.push("main", fleet.draft(edit(fleet)))
    assert rules(fleet) == ["S5"]


def test_a_promotion_branch_is_judged_before_it_is_merged(fleet: Fleet) -> None:
    changed = fleet.edit(STAGE, "resources:", "resources: # here")
    fleet.push(f"promote/stage/{APP}/v2.0", fleet.draft(changed))
    assert rules(fleet) == ["S5"]


# --- stops and rollbacks --------------------------------------------------------------------------

HOLD = ".fairlead/holds/prod/payments.yaml"
STOP = b"owner: ana\nreason: INC-7\nmade: 2026-03-01T00:00:00Z\nuntil: %b\n"
BACK = 'Back\n\nFairlead-Rollback: {"number":1}\n'


def stopped(fleet: Fleet, path: str, until: bytes) -> None:
    fleet.push("main", fleet.draft({path: STOP % until}))
    assert rules(fleet) == []


def back(fleet: Fleet, message: str, more: dict[str, bytes]) -> None:
    """The merge of a merge request that goes down and holds."""
    changed = fleet.edit(PROD, "v1.0", "v0.9") | more
    source = f"rollback/prod/{APP}/v0.9/1"
    fleet.push(source, replace(fleet.draft(changed), message=message))
    forge = fleet.world.forge()
    request = forge.open(source, "main", MergeRequestText("a title", ""))
    for person in ("cy", "di"):
        forge.approve(request.number, request.head, person)
    forge.merge(request.number, request.head, "Merge\n")


def test_a_rollback_with_its_hold_is_right(fleet: Fleet) -> None:
    stopped(fleet, HOLD, b"2099-01-01T00:00:00Z")
    back(fleet, BACK, {HOLD: STOP % b"2099-02-02T00:00:00Z"})
    assert rules(fleet) == []


@pytest.mark.parametrize(
    ("message", "more", "broken"),
    [
        ("Back\n", {}, ["S4"]),
        (BACK, {".fairlead/holds/prod/other.yaml": STOP}, ["S5", "S5"]),
        (BACK, {".fairlead/freezes/prod.yaml": STOP}, ["S5", "S5"]),
        (BACK, {"fleet.yaml": b"x\n"}, ["S5", "S5"]),
    ],
)
def test_a_rollback_that_says_less_or_does_more_is_seen(
    fleet: Fleet, message: str, more: dict[str, bytes], broken: list[str]
) -> None:
    back(fleet, message, more)
    assert rules(fleet) == broken


def test_a_delivery_against_a_hold_is_seen(fleet: Fleet) -> None:
    stopped(fleet, HOLD, b"2099-01-01T00:00:00Z")
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), "cy", "di")
    assert rules(fleet) == ["S4"]


@pytest.mark.parametrize("name", ["prod", "_all"])
def test_a_delivery_in_a_freeze_breaks_s15(fleet: Fleet, name: str) -> None:
    stopped(fleet, f".fairlead/freezes/{name}.yaml", b"2099-01-01T00:00:00Z")
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), "cy", "di")
    assert rules(fleet) == ["S15"]


def test_what_has_ended_stops_nothing(fleet: Fleet) -> None:
    stopped(fleet, HOLD, b"2026-03-01T00:00:01Z")
    stopped(fleet, ".fairlead/freezes/stage.yaml", b"2099-01-01T00:00:00Z")
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), "cy", "di")
    assert rules(fleet) == []


def test_two_stops_in_one_commit_break_s5(fleet: Fleet) -> None:
    fleet.push("main", fleet.draft({HOLD: STOP, ".fairlead/freezes/_all.yaml": STOP}))
    assert rules(fleet) == ["S5", "S5"]


# --- S9 -------------------------------------------------------------------------------------------


def test_two_open_merge_requests_for_a_target_break_s9(fleet: Fleet) -> None:
    for version in ("v2.0", "v2.1"):
        branch = f"promote/prod/{APP}/{version}"
        fleet.push(branch, fleet.draft(fleet.edit(PROD, "v1.0", version)))
        fleet.world.forge().open(branch, "main", MergeRequestText("a title", ""))
    forge = fleet.world.forge()
    forge.close(1, "too late: it is history")
    assert rules(fleet) == ["S9"]


def test_a_rollback_beside_a_promotion_breaks_s9(fleet: Fleet) -> None:
    for branch in (f"promote/prod/{APP}/v2.0", f"rollback/prod/{APP}/v0.9/1"):
        fleet.push(branch, fleet.draft(fleet.edit(PROD, "v1.0", "v2.0")))
        fleet.world.forge().open(branch, "main", MergeRequestText("a title", ""))
    assert rules(fleet) == ["S9"]
    fleet.world.forge().close(1, "makes room")
    assert rules(fleet) == []


def test_two_merge_requests_for_a_promotion_break_s9(fleet: Fleet) -> None:
    fleet.merged(fleet.edit(PROD, "v1.0", "v2.0"), "cy", "di")
    assert rules(fleet) == []
    fleet.push(f"promote/prod/{APP}/v2", fleet.draft(fleet.edit(PROD, "v2.0", "v2.1")))
    fleet.world.forge().open(f"promote/prod/{APP}/v2", "main", MergeRequestText("again", ""))
    assert rules(fleet) == ["S9"]


# --- S16 ------------------------------------------------------------------------------------------


def test_another_plan_for_the_same_observation_breaks_s16(fleet: Fleet) -> None:
    ticked = fleet.world.plan()
    now = fleet.world.clock()
    assert inconstant(ticked, now) == ()
    other = Ticked(ticked.observation, replace(ticked.plan, reports=("something else",)))
    assert len(inconstant(other, now)) == 2
