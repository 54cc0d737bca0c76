"""Ways around approvals. Each is a story that is told twice: with its trick, and without it.

A story ends where the bot has to decide. With the trick it must not merge, and say why; without it,
everything else the same, it merges.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from bot.frame import frame, unframe
from bot.model import CheckState, Person
from tests.bypass.places import HostedPlace
from tests.bypass.scene import APP_FILE, BRANCH, EVE, OVERLAY, Rule, Scene, Until
from tests.simulation.cutting import Crash

FOREIGN = r"intact: refused: a foreign commit [0-9a-f]{12} is on promote/prod/payments/v1\.0"
NOBODY = r"approved: waits: 0 of 1 approvals; may approve: "
ZOE = Person("Zoe", "zoe@example.com")

Story = Callable[[Scene, bool], None]


@dataclass(frozen=True)
class Bypass:
    """Each of `refusals` matches what `fairlead why` says.

    `cannot` has, by forge (`local`, `gitea`, `gitlab`, `github`), why it is not told there.
    """

    story: Story
    refusals: tuple[str, ...]
    cannot: Mapping[str, str] = field(default_factory=dict)


CORPUS: dict[str, Bypass] = {}


def bypass(*refusals: str, **cannot: str) -> Callable[[Story], Story]:
    """Puts a story into the corpus under its own name."""

    def keep(story: Story) -> Story:
        CORPUS[story.__name__] = Bypass(story, refusals, cannot)
        return story

    return keep


def hosted(scene: Scene) -> HostedPlace:
    """The scene's forge, of which `cannot` says that it has accounts, groups and forks."""
    place = scene.place
    assert hasattr(place, "leave_group")
    return place  # type: ignore[return-value]


# --- whose approval it is -------------------------------------------------------------------------


@bypass(rf"not counted: bo contributed to the merge request|{NOBODY}")
def self_approval(scene: Scene, tricked: bool) -> None:
    """Bo opens it himself, from a branch that the bot had made, and approves."""
    scene.begin()
    if tricked:
        with pytest.raises(Crash):
            scene.bot.run(Until(word="forge.open"))
        scene.place.open(BRANCH, "bo")
    scene.run()
    if tricked and scene.place.own_approval:
        with pytest.raises(AssertionError, match=scene.place.own_approval):
            scene.approve("bo")
    else:
        scene.approve("bo")


@bypass(FOREIGN, "not counted: bo contributed to the merge request")
def committer_approval(scene: Scene, tricked: bool) -> None:
    """Bo pushes onto the bot's branch and approves what came of it."""
    scene.proposed()
    if tricked:
        scene.place.push(BRANCH, {OVERLAY: scene.text(OVERLAY) + "# by bo\n"}, by="bo")
    scene.approve("bo")


@bypass("not counted: bo contributed to the merge request")
def rebase_that_rewrites_the_committer(scene: Scene, tricked: bool) -> None:
    """Bo pushes, Eve makes the branch what it was, and Bo approves that."""
    request = scene.proposed()
    if tricked:
        scene.place.push(BRANCH, {OVERLAY: scene.text(OVERLAY) + "# by bo\n"}, by="bo")
        scene.run()
        scene.place.force(BRANCH, request.head, by="eve")
    scene.approve("bo")


@bypass("not counted: eve-2 is a maker of the release")
def second_account_of_the_maker(scene: Scene, tricked: bool) -> None:
    """Eve approves as `eve-2`; fleet.yaml has both accounts under one person."""
    scene.place.account("eve-2")
    scene.proposed(Rule(), maker=EVE if tricked else ZOE)
    scene.approve("eve-2")


@bypass("not counted: rob is a bot")
def bot_approver(scene: Scene, tricked: bool) -> None:
    """An account approves that fleet.yaml has as a machine, and in the group."""
    scene.place.account("rob")
    machine = "  rob: {bot: true}\n"
    scene.proposed(Rule(members="ana, bo, rob", people=machine if tricked else ""))
    scene.approve("rob")


@bypass(
    r"not counted: robby(\[bot\])? is a bot",
    local="it has no accounts",
    gitea="its API does not tell an account of a machine from a person's: fleet.yaml has to",
)
def app_approver(scene: Scene, tricked: bool) -> None:
    """An app or service account approves, which fleet.yaml takes for a person."""
    place = hosted(scene)
    login = "robby" if tricked else "robert"
    (place.machine if tricked else place.account)(login)
    scene.proposed(Rule(members=f"ana, bo, {login}"))
    scene.approve(login)


@bypass("not counted: bo is not in qa")
def removed_from_the_fleets_group(scene: Scene, tricked: bool) -> None:
    """Bo approves, and is then taken out of the group on the target branch."""
    scene.proposed()
    scene.approve("bo")
    if tricked:
        without = Rule(members="ana, eve").fleet(scene.place.name)
        scene.place.push("main", {"fleet.yaml": without}, by="ana")


@bypass("not counted: bo is not in group:", local="it keeps no groups")
def removed_from_the_forges_group(scene: Scene, tricked: bool) -> None:
    """Bo approves, and is then taken out of the group on the forge."""
    place = hosted(scene)
    group = place.group(["ana", "bo"])
    scene.proposed(Rule(from_=f'"group:{group}"'))
    scene.approve("bo")
    if tricked:
        place.leave_group(group, "bo")


@bypass(NOBODY, local="it has no members")
def removed_from_the_forge(scene: Scene, tricked: bool) -> None:
    """Leo approves, and then leaves the organisation; fleet.yaml still has him in the group."""
    place = hosted(scene)
    login = f"leo-{'gone' if tricked else 'here'}"
    place.account(login)
    scene.proposed(Rule(members=f"ana, {login}"))
    scene.approve(login)
    if tricked:
        place.leave(login)


# --- what it is of --------------------------------------------------------------------------------


@bypass(FOREIGN, "approved: waits: 0 of 1 approvals")
def approve_then_push(scene: Scene, tricked: bool) -> None:
    """Ana approves, and then Bo pushes something else."""
    scene.proposed()
    scene.approve("ana")
    if tricked:
        scene.place.push(BRANCH, {OVERLAY: scene.text(OVERLAY) + "# more\n"}, by="bo")


@bypass(r"approved: waits: 0 of 1 approvals")
def approve_then_rebuild(scene: Scene, tricked: bool) -> None:
    """Ana approves, and then the target branch changes what she has seen."""
    scene.proposed()
    scene.approve("ana")
    if tricked:
        scene.place.push("main", {OVERLAY: scene.text(OVERLAY) + "# more\n"}, by="bo")


@bypass(FOREIGN)
def rule_changed_in_the_same_request(scene: Scene, tricked: bool) -> None:
    """The merge request asks for no approval any more, and is even approved."""
    scene.proposed()
    if tricked:
        none = scene.text("fleet.yaml").replace("required: 1", "required: 0")
        scene.place.push(BRANCH, {"fleet.yaml": none}, by="bo")
    scene.approve("ana")


@bypass(FOREIGN)
def codeowners_edited_in_the_same_request(scene: Scene, tricked: bool) -> None:
    """The merge request makes its own pusher the owner of everything."""
    scene.proposed()
    if tricked:
        scene.place.push(BRANCH, {"CODEOWNERS": "* @bo\n"}, by="bo")
    scene.approve("ana")


@bypass("fleet.yaml requires 1 approvals; an app may only tighten")
def app_loosens_the_rule(scene: Scene, tricked: bool) -> None:
    """The team writes into its app.yaml that prod asks for nobody."""
    scene.proposed()
    if tricked:
        loose = "environments: {prod: {approvals: {required: 0}}}\n"
        scene.place.push("main", {APP_FILE: scene.text(APP_FILE) + loose}, by="bo")
    scene.approve("ana")


# --- where it is ----------------------------------------------------------------------------------


@bypass(NOBODY, local="it has no forks")
def fork_with_the_same_branch(scene: Scene, tricked: bool) -> None:
    """Eve's fork has a branch of our name and a merge request, which Ana is shown and approves."""
    scene.begin()
    evil = scene.text(OVERLAY).replace("0.0.0-unreleased", "evil")
    shown = hosted(scene).fork(BRANCH, {OVERLAY: evil}, by="eve") if tricked else None
    scene.run()
    if shown is None:
        scene.approve("ana")
    else:
        scene.place.approve(*shown, "ana")


@bypass(FOREIGN)
def squatted_branch(scene: Scene, tricked: bool) -> None:
    """Bo has pushed a branch of the bot's name before the bot came."""
    scene.begin()
    if tricked:
        evil = scene.text(OVERLAY).replace("0.0.0-unreleased", "evil")
        scene.place.push(BRANCH, {OVERLAY: evil}, by="bo")
    scene.run()
    if not tricked:
        scene.approve("ana")


@bypass(FOREIGN)
def squatted_request(scene: Scene, tricked: bool) -> None:
    """The same, with a merge request from it, which Ana approves."""
    scene.begin()
    if tricked:
        evil = scene.text(OVERLAY).replace("0.0.0-unreleased", "evil")
        scene.place.push(BRANCH, {OVERLAY: evil}, by="bo")
        scene.place.open(BRANCH, "bo")
    scene.run()
    scene.approve("ana")


# --- what it says ---------------------------------------------------------------------------------


@bypass("green: waits: check render from ana is absent")
def spoofed_status(scene: Scene, tricked: bool) -> None:
    """Bo posts the check that Ana's pipeline has to post."""
    checks = "    checks: [{name: render, source: ana}]\n"
    request = scene.proposed(Rule(checks=checks))
    poster = "bo" if tricked else "ana"
    scene.place.check(request.number, request.head, "render", poster, CheckState.SUCCESS)
    scene.approve("ana")


@bypass(NOBODY)
def edited_body(scene: Scene, tricked: bool) -> None:
    """Instead of Ana's approval, Bo writes into the body that she has approved."""
    request = scene.proposed()
    if tricked:
        scene.place.rewrite(request.number, _agreed(request.body), "bo")
    else:
        scene.approve("ana")


def _agreed(body: str) -> str:
    told = unframe(body)
    assert told is not None
    table = "| gate | state |\n| --- | --- |\n| approved | open: approved by ana |"
    return frame(told.text, table, told.claims, told.mac)
