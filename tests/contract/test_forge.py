"""What every forge adapter does, said once; a forge joins by `FORGES` in `conftest`."""

import pytest

from bot.forge import MergeRequestText
from bot.model import Approval, CheckState, MergeRequest, MergeRequestState
from gitops.errors import Conflict
from tests.contract.forge_worlds import BOT, ForgeWorld

BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "| gate | verdict |\n|---|---|\n\ntrailing: é\n")


def opened(world: ForgeWorld, branch: str = BRANCH) -> MergeRequest:
    world.push(branch, {f"{branch.replace('/', '-')}.yaml": "tag: v1.0\n"})
    return world.forge.open(branch, "main", TEXT)


def contributors(request: MergeRequest) -> set[str]:
    """Without the addresses of those who are named by their logins beside."""
    names = set(request.contributors)
    return {name for name in names if name.removesuffix("@example.com") not in names - {name}}


# --- reading ------------------------------------------------------------------------------------


def test_there_is_none_at_first(world: ForgeWorld) -> None:
    assert world.seen() == {}


def test_the_bot_knows_its_login(world: ForgeWorld) -> None:
    assert world.forge.login() == BOT


def test_one_that_was_opened_is_told_as_it_was_opened(world: ForgeWorld) -> None:
    request = opened(world)
    assert request == MergeRequest(
        number=request.number,
        source_branch=BRANCH,
        target_branch="main",
        head=str(world.head(BRANCH)),
        state=MergeRequestState.OPEN,
        author=BOT,
        title=TEXT.title,
        body=TEXT.body,
        contributors=(BOT,),
    )
    assert world.seen() == {request.number: request}


@pytest.mark.parametrize("branch", ["feature/x", "promoted/prod/x", "promote", "fairlead/hold"])
def test_other_branches_are_not_told_of(world: ForgeWorld, branch: str) -> None:
    world.push(branch, {"x.yaml": "x: 1\n"}, by="ana")
    world.open(branch, "ana")
    assert world.seen() == {}


def test_rollbacks_are_told_of(world: ForgeWorld) -> None:
    request = opened(world, "rollback/prod/payments/v0.9/1")
    assert set(world.seen()) == {request.number}


def test_one_that_a_person_opened_names_its_author(world: ForgeWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    number = world.open(BRANCH, "eve")
    (told,) = world.seen().values()
    assert (told.number, told.author) == (number, "eve")
    assert contributors(told) == {world.contributor("eve")}


def test_a_new_head_is_told_and_its_contributor_stays(world: ForgeWorld) -> None:
    number = opened(world).number
    foreign = world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    assert world.seen()[number].head == foreign
    world.approve(number, foreign, "ana")
    again = world.push(BRANCH, {"x.yaml": "x: 2\n"})
    assert world.seen()[number].head == again
    assert contributors(world.seen()[number]) == {BOT, world.contributor("eve")}


# --- opening ------------------------------------------------------------------------------------


def test_opening_twice_is_opening_once(world: ForgeWorld) -> None:
    first = opened(world)
    again = world.forge.open(BRANCH, "main", MergeRequestText("Another title", ""))
    assert again.number == first.number
    assert set(world.seen()) == {first.number}


def test_numbers_differ(world: ForgeWorld) -> None:
    numbers = [opened(world, f"promote/prod/{app}/v1.0").number for app in ("one", "two", "three")]
    assert numbers == sorted(set(numbers))
    assert set(world.seen()) == set(numbers)


def test_after_a_closed_one_another_is_opened(world: ForgeWorld) -> None:
    first = opened(world)
    world.forge.close(first.number, "superseded by v1.1")
    second = world.forge.open(BRANCH, "main", TEXT)
    assert second.number != first.number
    states = {number: request.state for number, request in world.seen().items()}
    assert states == {
        first.number: MergeRequestState.CLOSED,
        second.number: MergeRequestState.OPEN,
    }


def test_without_its_branch_nothing_is_opened(world: ForgeWorld) -> None:
    with pytest.raises(Conflict):
        world.forge.open(BRANCH, "main", TEXT)
    assert world.seen() == {}


# --- describing and closing ---------------------------------------------------------------------


def test_title_and_body_are_rewritten(world: ForgeWorld) -> None:
    number = opened(world).number
    text = MergeRequestText("Waits for approval", "two\nlines")
    world.forge.describe(number, text)
    world.forge.describe(number, text)
    told = world.seen()[number]
    assert (told.title, told.body) == (text.title, text.body)


def test_closing_says_who(world: ForgeWorld) -> None:
    number = opened(world).number
    world.forge.close(number, "superseded by v1.1")
    world.forge.close(number, "superseded by v1.1")
    told = world.seen()[number]
    assert (told.state, told.closed_by) == (MergeRequestState.CLOSED, BOT)


def test_a_persons_closing_is_told_apart_and_stands(world: ForgeWorld) -> None:
    number = opened(world).number
    world.close(number, "ana")
    world.forge.close(number, "superseded by v1.1")
    told = world.seen()[number]
    assert (told.state, told.closed_by) == (MergeRequestState.CLOSED, "ana")


def test_reopened_it_is_open_as_before(world: ForgeWorld) -> None:
    request = opened(world)
    world.close(request.number, "ana")
    world.reopen(request.number, "ana")
    assert world.seen()[request.number] == request


# --- approvals and checks -----------------------------------------------------------------------


def approvals(world: ForgeWorld, number: int) -> list[tuple[str, str, bool]]:
    return [(a.person, a.sha, a.bot) for a in world.seen()[number].approvals]


def test_an_approval_is_of_one_head(world: ForgeWorld) -> None:
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    # Forges withdraw it some time after the push, and some of them never: it is of the old head.
    assert approvals(world, request.number) in ([("ana", request.head, False)], [])


def test_each_person_approves_once(world: ForgeWorld) -> None:
    request = opened(world)
    for person in ("ana", "bo", "ana"):
        world.approve(request.number, request.head, person)
    assert sorted(approvals(world, request.number)) == [
        ("ana", request.head, False),
        ("bo", request.head, False),
    ]


def test_approvals_have_their_time(world: ForgeWorld) -> None:
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    approval: Approval
    (approval,) = world.seen()[request.number].approvals
    assert approval.at.tzinfo is not None


def test_the_last_state_of_a_check_counts(world: ForgeWorld) -> None:
    request = opened(world)
    for state in (CheckState.PENDING, CheckState.SUCCESS):
        world.check(request.number, request.head, "render", "bo", state)
    told = world.seen()[request.number].checks
    assert [(c.name, c.source, c.sha, c.state) for c in told] == [
        ("render", "bo", request.head, CheckState.SUCCESS)
    ]


# --- merging ------------------------------------------------------------------------------------


def test_a_merge_has_the_approved_head_as_its_second_parent(world: ForgeWorld) -> None:
    request = opened(world)
    world.push("main", {"elsewhere.yaml": "x: 1\n"}, by="ana")
    before = world.head("main")
    sha = world.forge.merge(request.number, request.head, "Merge payments v1.0\n\nTrailer: x\n")
    commit = world.commit(sha)
    assert commit is not None
    assert world.head("main") == sha
    assert commit.parents == (before, request.head)
    assert commit.message.rstrip("\n") == "Merge payments v1.0\n\nTrailer: x"
    told = world.seen()[request.number]
    assert (told.state, told.merge_sha, told.head) == (MergeRequestState.MERGED, sha, request.head)
    assert told.closed_by is None


def test_a_head_that_moved_is_not_merged(world: ForgeWorld) -> None:
    request = opened(world)
    before = world.head("main")
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="eve")
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before
    assert world.seen()[request.number].state is MergeRequestState.OPEN


def test_a_closed_one_is_not_merged(world: ForgeWorld) -> None:
    request = opened(world)
    before = world.head("main")
    world.close(request.number, "ana")
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before


def test_one_is_merged_once(world: ForgeWorld) -> None:
    request = opened(world)
    sha = world.forge.merge(request.number, request.head, "Merge")
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    with pytest.raises(Conflict):
        world.forge.close(request.number, "superseded")
    assert world.head("main") == sha
    assert world.seen()[request.number].state is MergeRequestState.MERGED


def test_a_conflict_of_content_is_not_merged(world: ForgeWorld) -> None:
    world.push(BRANCH, {"fleet.yaml": "name: one\n"})
    request = world.forge.open(BRANCH, "main", TEXT)
    before = world.push("main", {"fleet.yaml": "name: two\n"}, by="ana")
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before


def test_a_merged_one_is_remembered_without_its_branch(world: ForgeWorld) -> None:
    request = opened(world)
    sha = world.forge.merge(request.number, request.head, "Merge")
    world.delete(BRANCH)
    told = world.seen()[request.number]
    assert (told.state, told.head, told.merge_sha) == (MergeRequestState.MERGED, request.head, sha)
