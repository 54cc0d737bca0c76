"""What every forge adapter does besides opening and merging: labels, reviews, status, groups."""

import pytest

from bot.forge import STATUS, CommitStatus, MergeRequestText
from bot.model import Check, CheckState, Gap, MergeRequest
from gitops.errors import FairleadError
from tests.contract.forge_worlds import BOT, ForgeWorld, HostedWorld
from tests.contract.test_forge import BRANCH, TEXT, opened

LABELS = ("app/payments", "environment/prod", "fairlead")


def decorated(world: ForgeWorld) -> MergeRequest:
    world.push(BRANCH, {"x.yaml": "tag: v1.0\n"})
    return world.forge.open(BRANCH, "main", TEXT, LABELS, ("bo", "ana"))


def kept(world: ForgeWorld, *people: str) -> tuple[str, ...]:
    """As many of them as the forge keeps asked: GitLab without a licence one."""
    return people[: getattr(world, "most_reviewers", len(people))]


# --- labels -------------------------------------------------------------------------------------


def test_one_is_opened_with_its_labels(world: ForgeWorld) -> None:
    number = decorated(world).number
    assert world.seen()[number].labels == LABELS


def test_labels_are_put_on_and_taken_off_beside_those_of_others(world: ForgeWorld) -> None:
    number = decorated(world).number
    world.forge.label(number, ["urgent"], [])
    world.forge.label(number, ["environment/stage", "fairlead"], ["environment/prod", "absent"])
    expected = ("app/payments", "environment/stage", "fairlead", "urgent")
    assert world.seen()[number].labels == expected


def test_more_labels_than_a_page_of_them_holds(world: ForgeWorld) -> None:
    number = decorated(world).number
    many = [f"label-{n}" for n in range(7)]
    world.forge.label(number, many, [])
    world.forge.label(number, ["last"], ["label-0"])
    assert world.seen()[number].labels == tuple(sorted({*LABELS, *many[1:], "last"}))


def test_no_label_more_or_less_is_nothing(world: ForgeWorld) -> None:
    number = decorated(world).number
    world.forge.label(number, [], [])
    assert world.seen()[number].labels == LABELS


def test_an_open_one_is_adopted_as_it_is(world: ForgeWorld) -> None:
    first = opened(world)
    again = world.forge.open(BRANCH, "main", TEXT, LABELS, ("ana",))
    assert again.number == first.number
    told = world.seen()[first.number]
    assert (told.labels, told.reviewers) == ((), ())


# --- reviews ------------------------------------------------------------------------------------


def test_reviewers_are_asked_when_it_is_opened(world: ForgeWorld) -> None:
    number = decorated(world).number
    assert world.seen()[number].reviewers == kept(world, "ana", "bo")


def test_reviewers_are_asked_later_too_and_once(world: ForgeWorld) -> None:
    number = opened(world).number
    for people in (["ana"], ["ana", "eve"], []):
        world.forge.request_reviews(number, people)
    assert world.seen()[number].reviewers == kept(world, "ana", "eve")


def test_the_author_is_left_out_and_the_others_are_asked(world: ForgeWorld) -> None:
    number = opened(world).number
    world.forge.request_reviews(number, [BOT, "ana"])
    assert world.seen()[number].reviewers == ("ana",)


def test_who_was_asked_approves(world: ForgeWorld) -> None:
    request = decorated(world)
    world.approve(request.number, request.head, "ana")
    told = world.seen()[request.number]
    assert set(kept(world, "ana", "bo")) - {"ana"} <= set(told.reviewers)
    assert [approval.person for approval in told.approvals] == ["ana"]


def test_somebody_unknown_is_left_out_and_the_others_are_asked(hosted: HostedWorld) -> None:
    number = opened(hosted).number
    hosted.forge.request_reviews(number, ["nobody-of-that-name", "eve"])
    assert hosted.seen()[number].reviewers == ("eve",)


# --- the status ---------------------------------------------------------------------------------


def status(world: ForgeWorld, number: int) -> list[Check]:
    return [check for check in world.seen()[number].checks if check.name == STATUS]


@pytest.mark.parametrize("state", [CheckState.PENDING, CheckState.SUCCESS, CheckState.FAILURE])
def test_the_status_stands_on_the_head(world: ForgeWorld, state: CheckState) -> None:
    request = opened(world)
    said = CommitStatus(state, "waits: 1 of 2 approvals")
    world.forge.post_status(request.head, BRANCH, said)
    world.forge.post_status(request.head, BRANCH, said)
    expected = [Check(STATUS, BOT, request.head, state, said.description)]
    assert status(world, request.number) == expected


def test_the_last_status_counts(world: ForgeWorld) -> None:
    request = opened(world)
    said = [
        CommitStatus(CheckState.PENDING, "waits"),
        CommitStatus(CheckState.SUCCESS, "all gates are open"),
        CommitStatus(CheckState.PENDING, "a freeze"),
    ]
    for one in said:
        world.forge.post_status(request.head, BRANCH, one)
    (found,) = status(world, request.number)
    assert (found.state, found.description) == (CheckState.PENDING, "a freeze")


def test_a_spoofed_status_has_another_source(world: ForgeWorld) -> None:
    request = opened(world)
    world.forge.post_status(request.head, BRANCH, CommitStatus(CheckState.PENDING, "waits"))
    world.check(request.number, request.head, STATUS, "eve", CheckState.SUCCESS)
    states = {check.source: check.state for check in status(world, request.number)}
    assert states == {BOT: CheckState.PENDING, "eve": CheckState.SUCCESS}


# --- automatic merges ---------------------------------------------------------------------------


def test_what_nobody_told_the_forge_is_taken_back_without_ado(world: ForgeWorld) -> None:
    number = opened(world).number
    world.forge.cancel_automatic_merge(number)
    assert not world.seen()[number].automatic_merge


def test_what_a_person_told_the_forge_is_taken_back(hosted: HostedWorld) -> None:
    number = opened(hosted).number
    hosted.arm(number, "ana")
    assert hosted.seen()[number].automatic_merge
    hosted.forge.cancel_automatic_merge(number)
    assert not hosted.seen()[number].automatic_merge


# --- groups -------------------------------------------------------------------------------------


def test_of_no_group_nothing_is_told(world: ForgeWorld) -> None:
    assert dict(world.forge.members([])) == {}


def test_a_group_that_nobody_knows_is_a_gap(world: ForgeWorld) -> None:
    (found,) = world.forge.members(["acme/nobody-of-that-name"]).values()
    assert isinstance(found, Gap)


def test_the_people_of_a_group_are_told(hosted: HostedWorld) -> None:
    group = hosted.group(["eve", "ana"])
    assert dict(hosted.forge.members([group])) == {group: ("ana", "eve", BOT)}


def test_one_group_that_cannot_be_read_leaves_the_others(hosted: HostedWorld) -> None:
    group, strange = hosted.group(["ana"]), hosted.strange_group()
    found = hosted.forge.members([group, strange])
    assert found[group] == ("ana", BOT)
    assert isinstance(found[strange], Gap)


def test_a_title_and_body_stay_when_labels_change(world: ForgeWorld) -> None:
    number = opened(world).number
    world.forge.label(number, LABELS, [])
    world.forge.request_reviews(number, ["ana"])
    told = world.seen()[number]
    assert MergeRequestText(told.title, told.body) == TEXT


def test_what_is_not_there_cannot_be_labelled(world: ForgeWorld) -> None:
    with pytest.raises(FairleadError):
        world.forge.label(4711, LABELS, [])
